package steer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/jetstream/internal/conn"
)

// Replay is what has become of a parked event that was to be replayed: it is not parked any more,
// or it stays so, with what is known of the last error.
type Replay struct {
	Parked
	Replayed bool `json:"replayed"`
}

const (
	asksAtOnce = 100 // of MaxAsked, which others may need, too
	askEvery   = 250 * time.Millisecond
)

// errWaiting says that no worker has done what was asked for, yet.
var errWaiting = errors.New("no worker has done it yet")

// Replay has the workers of a reactor replay what is parked with an id, or all of it if that is
// empty, and calls done with each when that is over. It waits for a worker for as long as wait
// says, each time; what was asked for by then stays asked for. No time asks for the first of them,
// and does not wait.
func (r *Reactors) Replay(ctx context.Context, name, id string, wait time.Duration, done func(Replay) error) error {
	w, chosen, err := r.choose(ctx, name, id)
	if err != nil {
		return err
	}
	if wait <= 0 {
		return w.AskReplay(ctx, events(chosen[:min(len(chosen), reactor.MaxAsked)])...)
	}
	for part := range slices.Chunk(chosen, asksAtOnce) {
		if err := w.AskReplay(ctx, events(part)...); err != nil {
			return err
		}
		if err := await(ctx, w, name, part, wait, done); err != nil {
			return err
		}
	}
	return nil
}

func events(all []Parked) (events []reactor.ParkedEvent[uint64]) {
	for _, p := range all {
		events = append(events, p.event)
	}
	return events
}

// await waits until nothing of what was asked for is still to be done.
func await(ctx context.Context, w *worker, name string, left []Parked, wait time.Duration, done func(Replay) error) error {
	for since := time.Now(); ; {
		now, err := parkedOf(ctx, w, name)
		if err != nil {
			return err
		}
		var still []Parked
		for _, p := range left {
			i := slices.IndexFunc(now, func(q Parked) bool { return q.ID == p.ID })
			switch {
			case i < 0:
				err = done(Replay{p, true})
			case now[i].Asked:
				still = append(still, p)
			default:
				err = done(Replay{now[i], false})
			}
			if err != nil {
				return err
			}
		}
		if len(still) == 0 {
			return nil
		}
		if len(still) < len(left) {
			since = time.Now()
		}
		if left = still; time.Since(since) > wait {
			return fmt.Errorf("%w, of %d of them: one that runs does, when the reactor is not paused; jetsource reactors %s says more", errWaiting, len(left), name)
		}
		if err := conn.Sleep(ctx, askEvery, nil); err != nil {
			return err
		}
	}
}
