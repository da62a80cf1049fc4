package reactor

import (
	"context"
	"errors"
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

// record records the outcome of an input that was parked, and what is parked then.
func (r *replay[ID, Pos, M]) record(ctx context.Context, kind string, out outcome[ID, Pos, M]) error {
	rest := r.event
	if r.asked {
		var end context.CancelFunc
		ctx, end = lastly(ctx)
		defer end()
	}
	for {
		c, err := r.entryCommit(r.parkedKey(), kind, r.at, rest)
		if err != nil {
			return err
		}
		more, err := r.beside(ctx, kind, out)
		if err != nil {
			r.faulty = true
			return err
		}
		committed, err := r.store.Commit(ctx, slices.Concat([]core.Commit[ID, Pos, M]{c}, out.commits, more)...)
		if err == nil {
			r.at, r.done = core.At(committed[0].Position), rest.Done
			return nil
		}
		of, ok := errors.AsType[*core.CommitError](err)
		if !ok || of.Index > 0 && of.Index <= len(out.commits) || !errors.Is(err, core.ErrConflict) {
			r.faulty = !ok && !errors.Is(err, core.ErrTooLarge)
			return err
		}
		// Another event was parked or replayed meanwhile, or this one was replayed; or a
		// worker has recorded timers.
		before := r.done
		if err := r.find(ctx); err != nil {
			return err
		}
		if r.done != before {
			return r.notParked(r.event)
		}
		r.event = rest
	}
}

// beside returns the entries of timers that were set and cancelled, and tells the workers
// about them, that no event of the aggregate has to be held back any more, and that what was asked
// for is done.
func (r *replay[ID, Pos, M]) beside(ctx context.Context, kind string, out outcome[ID, Pos, M]) (more []core.Commit[ID, Pos, M], err error) {
	if len(out.timers) > 0 {
		n := partitionOf(r.key, r.reactor.partitions)
		ts, at, err := r.loadTimers(ctx, n)
		if err != nil {
			return nil, err
		}
		c, err := r.entryCommit(r.timersKey(n), entryTimers, at, ts.entry(out.timers, nil))
		if err != nil {
			return nil, err
		}
		more = append(more, c)
	}
	reload := len(out.timers) > 0 || r.settings.holdBack && kind != entryParked && r.last
	ends := r.asked && (kind != entryParked || r.failed)
	if !reload && !ends {
		return more, nil
	}
	now, at, err := r.loadControl(ctx)
	if err != nil {
		return nil, err
	}
	if reload {
		now.Reloads++
	}
	if ends {
		now.without(askedFor(r.event))
	}
	c, err := r.entryCommit(r.entryKey(controlName), controlName, at, now)
	return append(more, c), err
}
