package readmodel

import (
	"context"
	"sync"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/handlers"
	"github.com/jetsource/jetsource/core/internal/progress"
)

// Listener is a [Target] that can tell of changes.
type Listener interface {
	// Listen calls changed after transactions of a layout were committed, by any
	// process, until ctx ends.
	Listen(ctx context.Context, layout Layout, changed func()) error
}

// Progress is asked for this often while [Wait] waits; less often where a [Listener]
// tells of changes.
const (
	firstPoll  = 2 * time.Millisecond
	slowPoll   = 50 * time.Millisecond
	listenPoll = time.Second
)

// Wait waits until the tables of a model hold every event up to the latest of versions,
// in any process: a runner of the model runs somewhere, or will. It returns
// [core.ErrBeyondEnd] for a version that the store has not reached, a [ProgressError] if
// the tables are not of this store, and the cause of ctx.
func Wait[Tx any, ID, Pos comparable, M any](ctx context.Context, store core.SubscribableStore[ID, Pos, M], target Target[Tx], model *Model[Tx, ID, Pos, M], versions ...core.Version[Pos]) error {
	if err := model.layout.Check(); err != nil {
		return err
	}
	r := NewRunner(store, target, model)
	p := r.progress
	polling, cancel := context.WithCancel(ctx)
	var poll sync.WaitGroup
	defer poll.Wait()
	defer cancel()
	poll.Go(func() {
		if err := r.poll(polling); err != nil {
			_ = p.Stop(polling, err) // Await returns it
		}
	})
	return progress.Await(ctx, store, p, p.Latest(versions), handlers.FiltersAfter(model.table, core.Version[Pos]{}))
}

// poll reads the progress again and again, until ctx ends or the tables are not of the
// store. A database that is away is asked again.
func (r *Runner[Tx, ID, Pos, M]) poll(ctx context.Context) error {
	changed, slowest := make(chan struct{}, 1), slowPoll
	var ended chan struct{} // closed when the Listener fails
	if l, ok := r.target.(Listener); ok {
		var listening sync.WaitGroup
		defer listening.Wait()
		failed := make(chan struct{})
		ended = failed
		listening.Go(func() {
			defer close(failed)
			_ = l.Listen(ctx, r.model.layout, func() { signal(changed) }) // polling is enough
		})
		slowest = listenPoll
	}
	for wait := firstPoll; ctx.Err() == nil; wait = min(wait*3/2, slowest) {
		p, ok, err := r.target.Progress(ctx, r.model.layout)
		if err == nil && ok {
			if err := r.check(p); err != nil {
				return err
			}
			at, err := parsePosition[Pos](p.Position)
			if err != nil {
				return err
			}
			r.progress.Advance(at)
		}
		timer := time.NewTimer(wait)
		select {
		case <-changed:
			wait = firstPoll
		case <-ended:
			ended, slowest = nil, slowPoll
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
	return nil
}

// Lag returns how many events of the store, of any kind, came after the last one that
// the tables of a model hold, and how old the first of them is that is of the model; 0
// if there is none.
func Lag[Tx any, ID, Pos comparable, M any](ctx context.Context, store core.SubscribableStore[ID, Pos, M], target Target[Tx], model *Model[Tx, ID, Pos, M]) (events uint64, behind time.Duration, err error) {
	if err := model.layout.Check(); err != nil {
		return 0, 0, err
	}
	p, ok, err := target.Progress(ctx, model.layout)
	if err == nil && !ok {
		err = ErrNoProgress
	}
	if err == nil {
		err = NewRunner(store, target, model).check(p)
	}
	if err != nil {
		return 0, 0, err
	}
	at, err := parsePosition[Pos](p.Position)
	if err != nil {
		return 0, 0, err
	}
	return lag(ctx, store, model, at)
}
