package reactor

import (
	"context"
	"errors"
	"slices"

	"github.com/jetsource/jetsource/core"
)

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
