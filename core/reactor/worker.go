package reactor

import (
	"context"
	"sync/atomic"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/progress"
	"github.com/jetsource/jetsource/core/internal/runstate"
)

// Worker runs a [Reactor] while Run runs, or, with leases, some of its partitions: the events
// of each aggregate in order, those of others beside them. Progress with outputs is in the
// store, and is moved by compare-and-swap: a worker that was replaced can record nothing any
// more. Other progress is recorded twice a second and at the end, with the leases, or with the
// store if it is a [Leases], and costs no message in the log; where there is neither, it is in
// the log, once a second.
type Worker[ID, Pos comparable, M any] struct {
	store    core.SystemStore[ID, Pos, M]
	reactor  *Reactor[ID, Pos, M]
	settings settings
	start    func(context.Context) (core.Version[Pos], error) // nil for the beginning
	progress *progress.Progress[Pos]
	started  atomic.Bool
	health   runstate.State
}

// settings are the choices of a worker's With methods.
type settings struct {
	leases   Leases
	backoff  core.Backoff
	attempts int // 0 for no limit
	park     bool
	holdBack bool
}

// NewWorker returns a worker that repeats a failed reaction without limit, unless its error is
// [Permanent] or the event cannot be read: then Run ends with it. It has no leases: of several workers that record progress at the same time all but one end with [ErrFenced].
func NewWorker[ID, Pos comparable, M any](store core.SystemStore[ID, Pos, M], reactor *Reactor[ID, Pos, M]) *Worker[ID, Pos, M] {
	return &Worker[ID, Pos, M]{store: store, reactor: reactor, progress: progress.New(store.ComparePositions)}
}

// with returns a worker, not running yet, with other settings.
func (w *Worker[ID, Pos, M]) with(change func(*Worker[ID, Pos, M])) *Worker[ID, Pos, M] {
	c := NewWorker(w.store, w.reactor)
	c.settings, c.start = w.settings, w.start
	change(c)
	return c
}

// WithLeases returns a worker, not running yet, that shares the partitions of its reactor
// evenly with the other workers that have these leases. When one comes, or ends, or is silent
// for the leases' time, the others have its partitions within seconds.
func (w *Worker[ID, Pos, M]) WithLeases(leases Leases) *Worker[ID, Pos, M] {
	return w.with(func(c *Worker[ID, Pos, M]) { c.settings.leases = leases })
}

// WithBackoff returns a worker, not running yet, with other pauses before a
// reaction is tried again.
func (w *Worker[ID, Pos, M]) WithBackoff(b core.Backoff) *Worker[ID, Pos, M] {
	return w.with(func(c *Worker[ID, Pos, M]) { c.settings.backoff = b })
}

// StopAfter returns a worker, not running yet, that tries a reaction n times and
// then ends with a [ReactionError]. With an n of 0 or less only an error that is [Permanent], or an
// event that cannot be read, ends it.
func (w *Worker[ID, Pos, M]) StopAfter(n int) *Worker[ID, Pos, M] {
	return w.with(func(c *Worker[ID, Pos, M]) { c.settings.attempts, c.settings.park = n, false })
}

// ParkAfter returns a worker, not running yet, that tries a reaction n times,
// then parks the event and goes on. With an n of 0 or less only events whose error is [Permanent],
// or that cannot be read, are parked. [Worker.Parked] lists parked events,
// [Worker.Replay] reacts to one, and [Worker.Discard] gives one up.
func (w *Worker[ID, Pos, M]) ParkAfter(n int) *Worker[ID, Pos, M] {
	return w.with(func(c *Worker[ID, Pos, M]) { c.settings.attempts, c.settings.park = n, true })
}

// HoldBack returns a worker, not running yet, that also parks later events of an aggregate
// while one of its events or timers is parked, so that [Worker.ReplayAll] reacts to all of them in
// order. It is for a worker that parks: see ParkAfter. All workers of a reactor should do the same, and the one that
// replays, too.
func (w *Worker[ID, Pos, M]) HoldBack() *Worker[ID, Pos, M] {
	return w.with(func(c *Worker[ID, Pos, M]) { c.settings.holdBack = true })
}

// StartNow returns a worker, not running yet, with which the reactor, if it runs for the first time,
// begins with the events that come from then on. Otherwise it begins with the first event.
func (w *Worker[ID, Pos, M]) StartNow() *Worker[ID, Pos, M] {
	return w.with(func(c *Worker[ID, Pos, M]) { c.start = w.store.LatestVersion })
}

// StartAfter returns a worker, not running yet, with which the reactor, if it runs for the first time,
// begins with the events after a version.
func (w *Worker[ID, Pos, M]) StartAfter(v core.Version[Pos]) *Worker[ID, Pos, M] {
	return w.with(func(c *Worker[ID, Pos, M]) {
		c.start = func(context.Context) (core.Version[Pos], error) { return v, nil }
	})
}

// Processed returns the version up to which the reactor has processed all of its events. Of
// partitions that other workers have it is as they have told last, some time ago.
func (w *Worker[ID, Pos, M]) Processed() core.Version[Pos] {
	at, _, _ := w.progress.State()
	return at
}

// Lag returns how many events of the store, of any kind, there are from the first that the
// reactor has not processed on; 0 if it has processed all that are for it, whatever else
// there is.
func (w *Worker[ID, Pos, M]) Lag(ctx context.Context) (uint64, error) {
	_, lag, err := w.lag(ctx, w.Processed())
	return lag, err
}

// lag returns the first event of the reactor after a version, zero if there is none, and how many
// events there are from it on.
func (w *Worker[ID, Pos, M]) lag(ctx context.Context, at core.Version[Pos]) (next core.Version[Pos], lag uint64, err error) {
	end, err := w.store.LatestVersion(ctx)
	if err != nil {
		return next, 0, err
	}
	next, err = w.store.NextVersion(ctx, at, w.reactor.filters(core.Version[Pos]{})...)
	if err != nil || next.IsZero() || !w.progress.Covers(end, next) {
		return core.Version[Pos]{}, 0, err
	}
	return next, w.store.Distance(next, end) + 1, nil
}

// Health returns how the worker does: it waits while the reactor is paused, and fails while a
// reaction is repeated. The lag is that of the reactor, whichever workers run it. The error is
// of the store, which is asked for the lag.
func (w *Worker[ID, Pos, M]) Health(ctx context.Context) (core.Health, error) {
	at := w.Processed()
	return runstate.Health(ctx, &w.health, w.store, at, w.reactor.filters(at))
}

// Wait waits until the reactor has processed every event up to the latest of
// versions. It returns [core.ErrStopped] if Run ends first, [core.ErrBeyondEnd] for
// a version that the store has not reached, and the cause of ctx.
func (w *Worker[ID, Pos, M]) Wait(ctx context.Context, versions ...core.Version[Pos]) error {
	return progress.Await(ctx, w.store, w.progress, w.progress.Latest(versions), w.reactor.filters(core.Version[Pos]{}))
}

// CatchUp waits until the reactor has processed every event that is in the store
// now.
func (w *Worker[ID, Pos, M]) CatchUp(ctx context.Context) error {
	end, err := w.store.LatestVersion(ctx)
	if err != nil {
		return err
	}
	return w.Wait(ctx, end)
}
