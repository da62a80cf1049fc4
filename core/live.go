package core

import (
	"context"
	"errors"
	"iter"
	"sync"
	"sync/atomic"
	"time"
)

// Live keeps a projection up to date in memory while Run runs.
type Live[P any, ID, Pos comparable, M any] struct {
	store      SubscribableStore[ID, Pos, M]
	projection *Projection[P, ID, Pos, M]
	snapshots  SnapshotStore[ID, Pos]
	skip       func(context.Context, *DecodeError)
	progress   *progress[Pos]
	started    atomic.Bool

	mu sync.RWMutex
	at *projecting[P, ID, Pos, M] // its state is guarded by mu; only Run changes any of it
}

// NewLive returns a live projection. It stands still until Run is called. It
// keeps no snapshots, and stops at an event that cannot be decoded.
func NewLive[P any, ID, Pos comparable, M any](store SubscribableStore[ID, Pos, M], projection *Projection[P, ID, Pos, M]) *Live[P, ID, Pos, M] {
	return newLive(store, projection, NoSnapshots[ID, Pos]{}, nil)
}

func newLive[P any, ID, Pos comparable, M any](store SubscribableStore[ID, Pos, M], projection *Projection[P, ID, Pos, M], snapshots SnapshotStore[ID, Pos], skip func(context.Context, *DecodeError)) *Live[P, ID, Pos, M] {
	l := &Live[P, ID, Pos, M]{
		store: store, projection: projection, snapshots: snapshots, skip: skip,
		progress: &progress[Pos]{compare: store.ComparePositions},
		at:       &projecting[P, ID, Pos, M]{store: store, snapshots: snapshots, projection: projection},
	}
	l.at.startOver()
	return l
}

// WithSnapshots returns a live projection, not running yet, that starts from the
// last snapshot, and offers new ones while it runs and when it ends.
func (l *Live[P, ID, Pos, M]) WithSnapshots(snapshots SnapshotStore[ID, Pos]) *Live[P, ID, Pos, M] {
	return newLive(l.store, l.projection, snapshots, l.skip)
}

// WithSkip returns a live projection, not running yet, that leaves out an event
// that cannot be decoded, and tells report. It is called by Run, for one event
// at a time.
func (l *Live[P, ID, Pos, M]) WithSkip(report func(context.Context, *DecodeError)) *Live[P, ID, Pos, M] {
	return newLive(l.store, l.projection, l.snapshots, report)
}

// Run folds history and then follows the store. It returns nil once ctx ends,
// or else the error that ended it: a [DecodeError] tells which event could not
// be folded. Call it once.
func (l *Live[P, ID, Pos, M]) Run(ctx context.Context) error {
	if l.started.Swap(true) {
		return errors.New("core: Run was called before")
	}
	err := l.follow(ctx)
	l.offerLast(ctx)
	err = l.progress.stop(ctx, err)
	if err != nil {
		err = l.projection.wrap("follow", err)
	}
	return err
}

func (l *Live[P, ID, Pos, M]) follow(ctx context.Context) error {
	at := startProjection[P, ID, Pos, M](ctx, l.store, l.snapshots, l.projection)
	if err := at.verify(ctx); err != nil {
		return err
	}
	l.mu.Lock()
	l.at = at
	l.mu.Unlock()
	l.progress.advance(at.version)
	for stored, err := range l.store.Subscribe(ctx, at.filters()...) {
		if err != nil {
			return err
		}
		l.mu.Lock()
		err := at.add(stored)
		l.mu.Unlock()
		if unreadable, ok := errors.AsType[*DecodeError](err); ok && l.skip != nil {
			l.skip(ctx, unreadable)
			at.passed(&stored.Envelope)
		} else if err != nil {
			return err
		}
		// Nobody who waits for the event need wait for a snapshot.
		l.progress.advance(at.version)
		at.offer(ctx)
	}
	return nil
}

// offerLast offers a snapshot of what was folded when Run ends, though ctx has.
func (l *Live[P, ID, Pos, M]) offerLast(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	l.at.offer(ctx)
}

// View calls read with the state as it is now. What read is given must not be
// changed, nor kept after read returns; the projection stands still meanwhile.
func (l *Live[P, ID, Pos, M]) View(read func(state *P)) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	read(&l.at.state)
}

// Processed returns the version up to which all events are folded in, or known
// to be none of the projection's.
func (l *Live[P, ID, Pos, M]) Processed() Version[Pos] {
	at, _, _ := l.progress.look()
	return at
}

// Wait waits until every event up to the latest of versions is folded in, by a
// Run that may yet begin. Given
// what commands returned, it makes the next View show their events; also where
// the projection has nothing to do with them. It returns [ErrStopped] if Run
// ends first, [ErrBeyondEnd] for a version that the store has not come to, and
// the cause of ctx.
func (l *Live[P, ID, Pos, M]) Wait(ctx context.Context, versions ...Version[Pos]) error {
	return awaited(ctx, l.store, l.progress, l.progress.largest(versions), l.projection.table.filters)
}

// CatchUp waits until every event that is in the store now is folded in.
func (l *Live[P, ID, Pos, M]) CatchUp(ctx context.Context) error {
	end, err := l.store.LatestVersion(ctx)
	if err != nil {
		return err
	}
	return l.Wait(ctx, end)
}

// Lag returns how many events of the store, of any kind, are not folded in yet;
// 0 if those that are left are none of the projection's.
func (l *Live[P, ID, Pos, M]) Lag(ctx context.Context) (uint64, error) {
	at := l.Processed()
	next, err := l.store.NextVersion(ctx, at, l.projection.table.filters...)
	if err != nil || next.IsZero() {
		return 0, err
	}
	end, err := l.store.LatestVersion(ctx)
	if err != nil {
		return 0, err
	}
	return l.store.Distance(at, end), nil
}

// Updates yields the version that the projection is at, now and whenever it has
// moved on, until ctx or Run ends. A slow loop misses versions, never the
// latest, and holds nobody up. View shows the state at that version, or newer.
func (l *Live[P, ID, Pos, M]) Updates(ctx context.Context) iter.Seq[Version[Pos]] {
	return func(yield func(Version[Pos]) bool) {
		seen, first := Version[Pos]{}, true
		for ctx.Err() == nil {
			at, changed, stopped := l.progress.look()
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
