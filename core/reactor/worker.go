package reactor

import (
	"context"
	"sync/atomic"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/progress"
	"github.com/jetsource/jetsource/core/internal/runstate"
)

// Worker runs a [Reactor] while Run runs: event by event, in order, from its last
// checkpoint. The checkpoint is in the store, and is moved by compare-and-swap: a
// worker that was replaced can record nothing any more.
type Worker[ID, Pos comparable, M any] struct {
	store    core.SystemStore[ID, Pos, M]
	reactor  *Reactor[ID, Pos, M]
	settings settings
	progress *progress.Progress[Pos]
	started  atomic.Bool
	health   runstate.State
}

// NewWorker returns a worker that records its progress after each event, repeats a
// failed reaction without limit, and has no lease: of several workers that run at
// the same time all but one end with [ErrFenced].
func NewWorker[ID, Pos comparable, M any](store core.SystemStore[ID, Pos, M], reactor *Reactor[ID, Pos, M]) *Worker[ID, Pos, M] {
	return newWorker(store, reactor, settings{every: 1})
}

func newWorker[ID, Pos comparable, M any](store core.SystemStore[ID, Pos, M], reactor *Reactor[ID, Pos, M], s settings) *Worker[ID, Pos, M] {
	return &Worker[ID, Pos, M]{
		store: store, reactor: reactor, settings: s,
		progress: progress.New(store.ComparePositions),
	}
}

// WithLease returns a worker, not running yet, that waits until it has the lease
// of its reactor. Of several processes one is active, and another takes over.
func (w *Worker[ID, Pos, M]) WithLease(lease Lease) *Worker[ID, Pos, M] {
	s := w.settings
	s.lease = lease
	return newWorker(w.store, w.reactor, s)
}

// WithBackoff returns a worker, not running yet, with other pauses before a
// reaction is tried again.
func (w *Worker[ID, Pos, M]) WithBackoff(b core.Backoff) *Worker[ID, Pos, M] {
	s := w.settings
	s.backoff = b
	return newWorker(w.store, w.reactor, s)
}

// StopAfter returns a worker, not running yet, that tries a reaction n times and
// then ends with a [ReactionError].
func (w *Worker[ID, Pos, M]) StopAfter(n int) *Worker[ID, Pos, M] {
	s := w.settings
	s.attempts, s.park = n, false
	return newWorker(w.store, w.reactor, s)
}

// ParkAfter returns a worker, not running yet, that tries a reaction n times,
// then parks the event and goes on. [Worker.Parked] lists parked events, and
// [Worker.Replay] reacts to one.
func (w *Worker[ID, Pos, M]) ParkAfter(n int) *Worker[ID, Pos, M] {
	s := w.settings
	s.attempts, s.park = n, true
	return newWorker(w.store, w.reactor, s)
}

// CheckpointEvery returns a worker, not running yet, that records its progress
// after n events without outputs, and when it ends, instead of after each event.
// Up to n events are delivered again after a crash; the store grows more slowly.
func (w *Worker[ID, Pos, M]) CheckpointEvery(n int) *Worker[ID, Pos, M] {
	s := w.settings
	s.every = max(n, 1)
	return newWorker(w.store, w.reactor, s)
}

// Processed returns the version up to which this worker has processed all events of
// the reactor.
func (w *Worker[ID, Pos, M]) Processed() core.Version[Pos] {
	at, _, _ := w.progress.State()
	return at
}

// Health returns how the worker does: it waits while another one has the lease, and fails
// while a reaction is repeated. The lag is that of the reactor, whichever worker runs it.
// The error is of the store, which is asked for the lag.
func (w *Worker[ID, Pos, M]) Health(ctx context.Context) (core.Health, error) {
	at := w.Processed()
	if h := w.health.Get(); h.State != core.RunnerWorking {
		recorded, err := w.resume(ctx)
		if err != nil {
			return h, err
		}
		at = w.progress.Latest([]core.Version[Pos]{at, recorded.Processed})
	}
	return runstate.Health(ctx, &w.health, w.store, at, w.reactor.filters(at))
}

// Wait waits until this worker has processed every event up to the latest of
// versions. It returns [core.ErrStopped] if Run ends first, [core.ErrBeyondEnd] for
// a version that the store has not reached, and the cause of ctx.
func (w *Worker[ID, Pos, M]) Wait(ctx context.Context, versions ...core.Version[Pos]) error {
	return progress.Await(ctx, w.store, w.progress, w.progress.Latest(versions), w.reactor.filters(core.Version[Pos]{}))
}

// CatchUp waits until this worker has processed every event that is in the store
// now.
func (w *Worker[ID, Pos, M]) CatchUp(ctx context.Context) error {
	end, err := w.store.LatestVersion(ctx)
	if err != nil {
		return err
	}
	return w.Wait(ctx, end)
}
