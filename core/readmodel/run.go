package readmodel

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/outlast"
	"github.com/jetsource/jetsource/core/internal/progress"
)

// Run applies events as they are recorded, from where the tables are. It returns nil once
// ctx ends. It waits until a fault of the store or the database has passed, however long
// that takes, and logs it once a minute. It ends with an [EventError], a [ProgressError],
// or an error that is final: see [core.ErrFinal]. Call it once.
//
// Of several runners of a layout, in any number of processes, one works and the others
// wait. They take over when it ends, and, if its process dies or hangs, after a few
// seconds: see [Runner.WithTakeover]. A runner that goes on after it was replaced finds
// that out before it writes anything.
func (r *Runner[Tx, ID, Pos, M]) Run(ctx context.Context) (err error) {
	if r.started.Swap(true) {
		return errors.New("readmodel: Run was called before")
	}
	err = progress.ErrUnwound // if a panic or runtime.Goexit ends run
	defer func() {
		err = r.progress.Stop(ctx, err)
		r.health.Stop(err)
		if err != nil {
			err = fmt.Errorf("run read model %v: %w", r.model.layout, err)
		}
	}()
	return r.run(ctx)
}

func (r *Runner[Tx, ID, Pos, M]) run(ctx context.Context) error {
	if err := r.model.layout.Check(); err != nil {
		return err
	}
	w := &worker[Tx, ID, Pos, M]{Runner: r}
	defer w.release(ctx)
	runner := r.runner()
	faults := outlast.Faults{Runner: runner}
	for ctx.Err() == nil {
		// A fault after events were applied is a new one, and the pauses begin anew.
		err := runner.Run(ctx, func() error {
			err := w.workOn(ctx)
			if err == nil || !w.applied || outlast.IsFinal(err) || ctx.Err() != nil {
				return err
			}
			w.applied = false
			runner.Fault(ctx, core.NextRetry, err)
			faults.Log(ctx, "store or database failed, will be asked again", "error", err)
			return core.Backoff{}.Wait(ctx, 0)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *Runner[Tx, ID, Pos, M]) runner() outlast.Runner {
	return outlast.Runner{Kind: "read model", Name: r.model.layout.String(), Store: r.store}
}

// workOn works until ctx ends or something fails, also after other runners.
func (w *worker[Tx, ID, Pos, M]) workOn(ctx context.Context) error {
	for ctx.Err() == nil {
		err := w.work(ctx)
		if err != nil && ctx.Err() == nil && !errors.Is(err, errTakenOver) {
			w.health.Fail(err)
			return err
		}
	}
	return nil
}

// worker is a runner while Run runs.
type worker[Tx any, ID, Pos comparable, M any] struct {
	*Runner[Tx, ID, Pos, M]
	begun    bool // there was progress once
	works    bool // this runner owns the layout, as far as it knows
	failing  failing[Pos]
	oneByOne int  // events to be applied by themselves
	applied  bool // events, since the last fault
}

// work becomes the owner of the layout, and applies events until one fails or another
// runner takes over.
func (w *worker[Tx, ID, Pos, M]) work(ctx context.Context) error {
	p, err := w.acquire(ctx)
	if err != nil {
		return err
	}
	w.works = true
	w.health.Set(core.RunnerWorking)
	err = w.follow(ctx, p)
	if failed, ok := errors.AsType[*applyError[ID, Pos, M]](err); ok && ctx.Err() == nil {
		return w.failed(ctx, failed)
	}
	return err
}

// check returns a [ProgressError] for progress that this runner cannot go on from.
func (r *Runner[Tx, ID, Pos, M]) check(p Progress) error {
	switch {
	case p.Damaged != "":
		return r.wrong(p, fmt.Errorf("%w: %s", ErrDamaged, p.Damaged))
	case p.Store != storeID(r.store):
		return r.wrong(p, ErrOtherStore)
	case p.Events != r.model.table.Hash():
		return r.wrong(p, ErrOtherLayout)
	}
	return nil
}

func (r *Runner[Tx, ID, Pos, M]) wrong(p Progress, err error) error {
	return core.Final(&ProgressError{r.model.layout, p, err})
}

// release lets another runner begin at once. It uses a context of its own, because ctx
// has ended. Where it fails, the other one waits.
func (w *worker[Tx, ID, Pos, M]) release(ctx context.Context) {
	if !w.works {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = w.inTransaction(ctx, func(tx Transaction[Tx]) error {
		p, err := w.lock(ctx, tx)
		if err != nil {
			return err
		}
		p.Owner = ""
		return tx.Save(ctx, p)
	})
}

// inTransaction commits what do does.
func (r *Runner[Tx, ID, Pos, M]) inTransaction(ctx context.Context, do func(Transaction[Tx]) error) error {
	tx, err := r.target.Begin(ctx, r.model.layout)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing, once it has ended
	err = do(tx)
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		if ended := tx.Rollback(); errors.Is(ended, ErrTransactionEnded) {
			return fmt.Errorf("%w, and then: %w", ended, err)
		}
		return err
	}
	return tx.Commit(ctx)
}

// lock locks the progress, of which this runner must be the owner.
func (w *worker[Tx, ID, Pos, M]) lock(ctx context.Context, tx Transaction[Tx]) (Progress, error) {
	p, ok, err := tx.Lock(ctx)
	switch {
	case err != nil:
		return p, err
	case !ok:
		return p, w.wrong(p, ErrDropped)
	case p.Owner != w.owner:
		w.works = false
		return p, errTakenOver
	}
	p.Beat++
	return p, nil
}
