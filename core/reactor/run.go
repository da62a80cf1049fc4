package reactor

import (
	"context"
	"errors"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/outlast"
	"github.com/jetsource/jetsource/core/internal/progress"
	"github.com/jetsource/jetsource/core/internal/runstate"
)

// Run reacts to events as they are recorded. It returns nil once ctx ends, also
// during the pause before another attempt, and begins no reaction after that. It
// waits until a fault of the store has passed, however long that takes, and logs it
// once a minute. It ends with [ErrFenced] if there is no lease, with a
// [ReactionError], or with an error of the store that is final: see [core.ErrFinal].
// Call it once.
func (w *Worker[ID, Pos, M]) Run(ctx context.Context) (err error) {
	if w.started.Swap(true) {
		return errors.New("reactor: Run was called before")
	}
	err = progress.ErrUnwound // if a panic or runtime.Goexit ends run
	defer func() {
		err = w.progress.Stop(ctx, err)
		w.health.Stop(err)
	}()
	return w.run(ctx)
}

func (w *Worker[ID, Pos, M]) run(ctx context.Context) error {
	if w.settings.lease == nil {
		return w.work(ctx)
	}
	for ctx.Err() == nil {
		w.health.Set(core.RunnerWaiting)
		err := w.outlast(ctx, func() error {
			err := w.settings.lease.Hold(ctx, w.leaseName(), w.work)
			if errors.Is(err, ErrLeaseLost) {
				return nil // the loop goes on
			}
			return err
		})
		if err != nil && !errors.Is(err, ErrFenced) {
			return err
		}
		if err != nil {
			// It ends early with ctx, as does the loop.
			_ = fencedBackoff.Wait(ctx, 0)
		}
	}
	return nil
}

// fencedBackoff is the pause after a worker with a lease was fenced: two workers
// that both believe to hold it do not ask for it in a tight loop.
var fencedBackoff = core.Backoff{First: 100 * time.Millisecond}

// work reacts until ctx ends, which is when the lease is lost, if there is one.
func (w *Worker[ID, Pos, M]) work(ctx context.Context) error {
	var at *position[Pos]
	err := w.outlast(ctx, func() (err error) {
		if at == nil {
			at, err = w.resume(ctx)
		}
		if err == nil {
			err = w.follow(ctx, at)
		}
		return err
	})
	if at != nil {
		w.flush(ctx, at)
	}
	return unlessEnded(ctx, err)
}

// unlessEnded returns err, or nil once ctx has ended.
func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return nil
}

// follow reacts to the events after at, until ctx ends or the store fails.
func (w *Worker[ID, Pos, M]) follow(ctx context.Context, at *position[Pos]) error {
	w.progress.Advance(at.Processed)
	if err := runstate.Resume(ctx, &w.health, w.store); err != nil {
		return err
	}
	for stored, err := range w.store.Subscribe(ctx, w.reactor.filters(at.Processed)...) {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
		if err := w.handle(ctx, at, stored); err != nil {
			return core.Final(err)
		}
		w.progress.Advance(at.Processed)
		w.health.OK()
	}
	return nil
}

func (w *Worker[ID, Pos, M]) outlast(ctx context.Context, work func() error) error {
	return w.runner().Run(ctx, work)
}

func (w *Worker[ID, Pos, M]) runner() outlast.Runner {
	return outlast.Runner{Kind: "reactor", Name: w.reactor.name, Store: w.store, Health: &w.health}
}
