package reactor

import (
	"context"
	"fmt"
	"slices"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/handlers"
)

// Replay reacts once to a parked event or timer. If that succeeds, its outputs are recorded
// in one commit with an entry that it is not parked any more; if it fails,
// it stays parked, and the error is returned. Two calls for one event at the
// same time record its outputs once. Of an event that is several today, the outputs of
// each are recorded by themselves, and what follows one that fails stays parked.
func (w *Worker[ID, Pos, M]) Replay(ctx context.Context, p ParkedEvent[Pos]) error {
	if w.reactor.recorded != nil {
		return fmt.Errorf("reactor %s: %w", w.reactor.name, ErrNoHandlers)
	}
	r := &replay[ID, Pos, M]{Worker: w, event: p}
	return r.run(ctx)
}

func (r *replay[ID, Pos, M]) run(ctx context.Context) error {
	if err := r.find(ctx); err != nil {
		return err
	}
	all, err := r.inputs(ctx)
	if err != nil {
		return err
	}
	if r.event.Timer != nil {
		out, err := r.callAll(ctx, all, r.event.Attempts+1)
		if err != nil {
			return err
		}
		return r.record(ctx, entryReplayed, out)
	}
	for {
		out := outcome[ID, Pos, M]{}
		if r.event.Done < len(all) {
			if out, err = r.call(ctx, all[r.event.Done], r.event.Attempts+1); err != nil {
				return err
			}
		}
		kind := entryReplayed
		if r.event.Done+1 < len(all) {
			kind = entryParked
			r.event.Done++
			r.event.EventID = all[r.event.Done].envelope.EventID()
		}
		if err := r.record(ctx, kind, out); err != nil || kind == entryReplayed {
			return err
		}
	}
}

// replay is one parked event while it is replayed.
type replay[ID, Pos comparable, M any] struct {
	*Worker[ID, Pos, M]

	event ParkedEvent[Pos]
	place[ID, Pos]

	asked  bool // a worker was asked for it: see AskReplay
	failed bool // it is not tried again
	faulty bool // the store failed, and not the reaction
}

// place is where a parked event stands.
type place[ID, Pos comparable] struct {
	done int               // of the event, as it is recorded
	last bool              // no other of its aggregate is parked
	at   core.Version[Pos] // of the parked key
	key  core.Key[ID]      // of its aggregate, once it is read
}

// find finds the event among those that are parked.
func (r *replay[ID, Pos, M]) find(ctx context.Context) error {
	parked, at, err := r.parked(ctx)
	if err != nil {
		r.faulty = true
		return err
	}
	i := slices.IndexFunc(parked, r.event.same)
	if i < 0 {
		return r.notParked(r.event)
	}
	r.event, r.done, r.at, r.last = parked[i], parked[i].Done, at, true
	for j, other := range parked {
		if j != i && other.Key == r.event.Key {
			r.last = false
		}
	}
	return nil
}

func (w *Worker[ID, Pos, M]) notParked(p ParkedEvent[Pos]) error {
	if p.Timer != nil {
		return fmt.Errorf("reactor %s, timer %s: %w", w.reactor.name, p.EventID, ErrNotParked)
	}
	return fmt.Errorf("reactor %s, position %v: %w", w.reactor.name, p.Position, ErrNotParked)
}

// inputs reads the event.
func (r *replay[ID, Pos, M]) inputs(ctx context.Context) (all []input[ID, Pos, M], err error) {
	defer handlers.Recover(&err)
	if r.event.Timer != nil {
		stored, err := timerEvent[ID, Pos, M](r.event.Timer)
		if err != nil {
			return nil, err
		}
		r.key = stored.Key
		return r.read(r.reactor.timers, stored)
	}
	for stored, err := range r.store.LoadEvents(ctx, handlers.FiltersFrom(r.reactor.table, core.At(r.event.Position))...) {
		if err != nil {
			r.faulty = true
			return nil, err
		}
		if stored.Position != r.event.Position {
			break
		}
		r.key = stored.Key
		return r.inputsOf(stored)
	}
	err = fmt.Errorf("reactor %s takes no event at %v: %w", r.reactor.name, r.event.Position, ErrNotParked)
	return nil, WithReason(err, "the reactor does not take the event any more")
}
