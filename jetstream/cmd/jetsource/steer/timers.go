package steer

import (
	"context"
	"time"
)

// Timer is a timer that is pending.
type Timer struct {
	Reactor   string    `json:"reactor"`
	Due       time.Time `json:"due"`
	Name      string    `json:"name"`
	Kind      string    `json:"kind"` // of the event that it was set with
	Aggregate string    `json:"aggregate"`
	ID        string    `json:"id"`
}

// Timers returns the pending timers of a reactor, the one that is due first at the front.
func (r *Reactors) Timers(ctx context.Context, name string) ([]Timer, error) {
	w, err := r.find(ctx, name)
	if err != nil {
		return nil, err
	}
	return timersOf(ctx, w, name)
}

func timersOf(ctx context.Context, w *worker, name string) ([]Timer, error) {
	pending, err := w.Timers(ctx)
	all := []Timer{}
	for _, t := range pending {
		all = append(all, Timer{Reactor: name, Due: t.Due, Name: t.Name, Kind: t.Kind, Aggregate: t.Key.Kind, ID: t.Key.ID})
	}
	return all, err
}
