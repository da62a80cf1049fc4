package reactor

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/jetsource/jetsource/core"
)

// Timer is a timer that is pending.
type Timer[ID comparable] struct {
	Key  core.Key[ID] // the aggregate that it belongs to
	Name string
	Due  time.Time // UTC
	Kind string    // of the event that it was set with
}

// Timers returns the pending timers of the reactor, the one that is due first at the front.
// The worker need not run. Timers that were set under another name of the reactor are not
// among them: a worker of that name lists them, and has to run for them to fire.
func (w *Worker[ID, Pos, M]) Timers(ctx context.Context) ([]Timer[ID], error) {
	l, _, err := w.layOut(ctx)
	if err != nil {
		return nil, err
	}
	loaded := make([]*timers[Pos], l.Partitions)
	err = concurrently(l.Partitions, func(n int) (err error) {
		loaded[n], _, err = w.loadTimers(ctx, n)
		return err
	})
	if err != nil {
		return nil, err
	}
	var all []Timer[ID]
	for _, ts := range loaded {
		for _, p := range ts.pending {
			t := Timer[ID]{Key: core.Key[ID]{Kind: p.Kind}, Name: p.Name, Due: p.Due, Kind: p.Event}
			if err := json.Unmarshal(p.ID, &t.Key.ID); err != nil {
				return nil, err
			}
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b Timer[ID]) int { return a.Due.Compare(b.Due) })
	return all, nil
}
