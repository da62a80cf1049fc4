package steer

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jetsource/jetsource/core/reactor"
)

// Parked is an event, or a timer, that a reactor has parked.
type Parked struct {
	Reactor   string `json:"reactor"`
	ID        string `json:"id"`                 // its position; of a timer its event id
	Position  uint64 `json:"position,omitempty"` // 0 for a timer
	Kind      string `json:"kind"`
	Aggregate string `json:"aggregate"` // its kind and id
	Attempts  int    `json:"attempts"`
	ErrorType string `json:"error_type,omitempty"` // empty for what is held back
	Reason    string `json:"reason,omitempty"`
	Asked     bool   `json:"replay_asked"` // a worker is to replay it

	event reactor.ParkedEvent[uint64]
}

// Why says why it is parked, as far as that is recorded.
func (p Parked) Why() string { return Why(p.ErrorType, p.Reason) }

// Why says what is recorded of an error: its type, and the text that the reactor gave it.
func Why(errorType, reason string) string {
	switch {
	case errorType == "":
		return reason
	case reason == "":
		return errorType + " (its text is in the worker's log)"
	}
	return reason + " (" + errorType + ")"
}

// Parked returns what a reactor has parked, the oldest first.
func (r *Reactors) Parked(ctx context.Context, name string) ([]Parked, error) {
	w, err := r.find(ctx, name)
	if err != nil {
		return nil, err
	}
	return parkedOf(ctx, w, name)
}

func parkedOf(ctx context.Context, w *worker, name string) ([]Parked, error) {
	events, err := w.Parked(ctx)
	all := []Parked{}
	for _, e := range events {
		p := Parked{
			Reactor: name, ID: strconv.FormatUint(e.Position, 10), Position: e.Position, Kind: e.Kind, Aggregate: e.Key, Attempts: e.Attempts,
			ErrorType: e.ErrorType, Reason: e.Reason, Asked: e.Asked, event: e,
		}
		if e.Timer != nil {
			p.ID = e.EventID
		}
		all = append(all, p)
	}
	return all, err
}

// choose finds a reactor, and what it has parked with an id; an empty one chooses all.
func (r *Reactors) choose(ctx context.Context, name, id string) (*worker, []Parked, error) {
	w, err := r.find(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	all, err := parkedOf(ctx, w, name)
	if err != nil || id == "" {
		return w, all, err
	}
	for _, p := range all {
		if p.ID == id {
			return w, []Parked{p}, nil
		}
	}
	return nil, nil, fmt.Errorf("reactor %s, %s: %w; jetsource parked lists what is", name, id, reactor.ErrNotParked)
}

// Discard gives up what a reactor has parked with an id, or all of it if that is empty. It calls
// done with each.
func (r *Reactors) Discard(ctx context.Context, name, id string, done func(Parked) error) error {
	w, chosen, err := r.choose(ctx, name, id)
	if err != nil {
		return err
	}
	for _, p := range chosen {
		if err := w.Discard(ctx, p.event); err != nil {
			return err
		}
		if err := done(p); err != nil {
			return err
		}
	}
	return nil
}
