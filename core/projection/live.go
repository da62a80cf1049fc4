package projection

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/handlers"
	"github.com/jetsource/jetsource/core/internal/progress"
	"github.com/jetsource/jetsource/core/internal/runstate"
)

// Live keeps a projection up to date in memory while Run runs.
type Live[P any, ID, Pos comparable, M any] struct {
	store      core.SubscribableStore[ID, Pos, M]
	projection *Projection[P, ID, Pos, M]
	snapshots  core.SnapshotStore[ID, Pos]
	skip       func(context.Context, *core.DecodeError)
	progress   *progress.Progress[Pos]
	started    atomic.Bool
	health     runstate.State

	current[P, ID, Pos, M]
}

// current is the state of a live projection.
type current[P any, ID, Pos comparable, M any] struct {
	lock viewLock                      // guards the state of run
	run  *projectionRun[P, ID, Pos, M] // changed by Run alone
}

// NewLive returns a live projection, which folds no events until Run is called. It
// keeps no snapshots, and Run ends at an event that cannot be decoded, or whose
// handler panics.
func NewLive[P any, ID, Pos comparable, M any](store core.SubscribableStore[ID, Pos, M], projection *Projection[P, ID, Pos, M]) *Live[P, ID, Pos, M] {
	return newLive(store, projection, core.NoSnapshots[ID, Pos]{}, nil)
}

func newLive[P any, ID, Pos comparable, M any](store core.SubscribableStore[ID, Pos, M], projection *Projection[P, ID, Pos, M], snapshots core.SnapshotStore[ID, Pos], skip func(context.Context, *core.DecodeError)) *Live[P, ID, Pos, M] {
	return &Live[P, ID, Pos, M]{
		store: store, projection: projection, snapshots: snapshots, skip: skip,
		progress: progress.New(store.ComparePositions),
		current:  current[P, ID, Pos, M]{run: newRun(store, snapshots, projection)},
	}
}

// WithSnapshots returns a live projection, not running yet, that starts from the
// last snapshot, and takes new ones while it runs and when it ends.
//
// One is taken when the policy of the store says so and it is paid for: at most some 4 %
// of the time goes into them. At the end of the catch-up, and of Run, one that is due is
// taken in any case; Run waits up to 20 s for it. Events are folded meanwhile,
// save for as long as it takes to copy the state: by its method Clone() P, or else by
// reflection. A state that neither can copy, as it has pointers, maps or slices that are
// not exported, is not changed until it is stored.
func (l *Live[P, ID, Pos, M]) WithSnapshots(snapshots core.SnapshotStore[ID, Pos]) *Live[P, ID, Pos, M] {
	return newLive(l.store, l.projection, snapshots, l.skip)
}

// WithSkip returns a live projection, not running yet, that skips events that
// cannot be decoded, or whose metadata cannot, or whose handler panics. Run calls report for each of them, one
// at a time; the error of a panic wraps a [core.PanicError], which has the stack.
//
// A handler that panics has not changed the state itself, but what it changed behind
// pointers, maps and slices of the state stays changed, and View shows it. Therefore
// no snapshot is offered any more after a panic.
func (l *Live[P, ID, Pos, M]) WithSkip(report func(context.Context, *core.DecodeError)) *Live[P, ID, Pos, M] {
	return newLive(l.store, l.projection, l.snapshots, report)
}

// Run folds history and then follows the store. It returns nil once ctx ends. It waits
// until a fault of the store has passed, however long that takes, and logs it once a
// minute. It ends with a [core.DecodeError], which says which event could not be
// folded, or with an error of the store that is final: see [core.ErrFinal]. Call it
// once. View shows the state after Run has ended, too: as it was
// before that event, or, after a panic, with what the panic left: see WithSkip.
func (l *Live[P, ID, Pos, M]) Run(ctx context.Context) (err error) {
	if l.started.Swap(true) {
		return errors.New("projection: Run was called before")
	}
	err = progress.ErrUnwound // if a panic or runtime.Goexit ends run
	defer func() {
		if err = l.progress.Stop(ctx, err); err != nil {
			err = l.projection.wrap("follow", err)
		}
		l.health.Stop(err)
	}()
	return l.follow(ctx)
}

// View calls read with the current state. Read must not change the state, nor keep
// it after it returns. No event is folded meanwhile. Read may call View again, which
// waits for up to 100 ms where an event is to be folded. A handler of the projection
// must not: it would wait for itself.
func (l *Live[P, ID, Pos, M]) View(read func(state *P)) {
	l.lock.beginView()
	defer l.lock.endView()
	read(&l.run.state)
}

// Processed returns the version up to which all events of the projection are
// folded in.
func (l *Live[P, ID, Pos, M]) Processed() core.Version[Pos] {
	at, _, _ := l.progress.State()
	return at
}

// Wait waits until every event up to the latest of versions is folded in; Run may
// begin later. After Wait for the version that a command returned, View shows the
// command's events, whether or not the projection handles them. Wait returns
// [core.ErrStopped] if Run ends first, [core.ErrBeyondEnd] for a version that the
// store has not reached, and the cause of ctx.
func (l *Live[P, ID, Pos, M]) Wait(ctx context.Context, versions ...core.Version[Pos]) error {
	return progress.Await(ctx, l.store, l.progress, l.progress.Latest(versions), l.filters())
}

// CatchUp waits until every event that is in the store now is folded in.
func (l *Live[P, ID, Pos, M]) CatchUp(ctx context.Context) error {
	end, err := l.store.LatestVersion(ctx)
	if err != nil {
		return err
	}
	return l.Wait(ctx, end)
}

// filters selects all events of the projection.
func (l *Live[P, ID, Pos, M]) filters() []core.Filter[ID, Pos] {
	return handlers.FiltersAfter(l.projection.table, core.Version[Pos]{})
}

// Lag returns how many events of the store, of any kind, are not folded in yet;
// 0 if the projection handles none of those.
func (l *Live[P, ID, Pos, M]) Lag(ctx context.Context) (uint64, error) {
	return runstate.Behind(ctx, l.store, l.Processed(), l.filters())
}

// Health returns how the projection does. The error is of the store, which is asked for
// the lag.
func (l *Live[P, ID, Pos, M]) Health(ctx context.Context) (core.Health, error) {
	at := l.Processed()
	return runstate.Health(ctx, &l.health, l.store, at, handlers.FiltersAfter(l.projection.table, at))
}

// Updates yields the version that the projection is at, now and whenever it has
// changed, until ctx or Run ends. A slow loop misses versions, never the latest,
// and does not slow down Run. View shows the state at that version, or newer.
func (l *Live[P, ID, Pos, M]) Updates(ctx context.Context) iter.Seq[core.Version[Pos]] {
	return func(yield func(core.Version[Pos]) bool) {
		seen, first := core.Version[Pos]{}, true
		for ctx.Err() == nil {
			at, changed, stopped := l.progress.State()
			if first || at != seen {
				seen, first = at, false
				if !yield(at) {
					return
				}
				continue
			}
			if stopped != nil {
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	}
}
