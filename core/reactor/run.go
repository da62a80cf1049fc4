package reactor

import (
	"context"
	"errors"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/outlast"
	"github.com/jetsource/jetsource/core/internal/progress"
	"github.com/jetsource/jetsource/core/internal/runstate"
)

// Run reacts to events as they are recorded, and to timers as they are due. It returns nil
// once ctx ends, also during the pause before another attempt, and begins no reaction after
// that. It waits until a fault of the store has passed, however long that takes, and logs it
// once a minute. It ends with [ErrFenced] if there are no leases, with a
// [ReactionError], with a [PartitionsError], or with an error of the store that is final: see
// [core.ErrFinal]. Call it once.
func (w *Worker[ID, Pos, M]) Run(ctx context.Context) (err error) {
	if w.started.Swap(true) {
		return errors.New("reactor: Run was called before")
	}
	if w.reactor.recorded != nil {
		return fmt.Errorf("reactor %s: %w", w.reactor.name, ErrNoHandlers)
	}
	err = progress.ErrUnwound // if a panic or runtime.Goexit ends run
	defer func() {
		err = w.progress.Stop(ctx, err)
		w.health.Stop(err)
	}()
	return w.run(ctx)
}

func (w *Worker[ID, Pos, M]) run(ctx context.Context) error {
	return w.outlast(ctx, func() error {
		l, err := w.prepare(ctx)
		for err == nil && ctx.Err() == nil {
			err = w.tenure(ctx, l)
			if errors.Is(err, errControl) {
				err = nil
			}
		}
		return err
	})
}

// tenure is one session, or one pause, until the control changes.
func (w *Worker[ID, Pos, M]) tenure(ctx context.Context, l layout[Pos]) error {
	c, _, err := w.loadControl(ctx)
	if err != nil {
		return err
	}
	if err := runstate.Resume(ctx, &w.health, w.store); err != nil {
		return err
	}
	if c.Paused {
		w.health.Set(core.RunnerWaiting)
		return w.watchControl(ctx, c, func() {}) // replays wait, too
	}
	return newSession(w, l, c).run(ctx)
}

func (w *Worker[ID, Pos, M]) outlast(ctx context.Context, work func() error) error {
	return w.runner().Run(ctx, work)
}

func (w *Worker[ID, Pos, M]) runner() outlast.Runner {
	return outlast.Runner{Kind: "reactor", Name: w.reactor.name, Store: w.store, Health: &w.health}
}
