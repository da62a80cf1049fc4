package projection

import (
	"context"
	"errors"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/outlast"
	"github.com/jetsource/jetsource/core/internal/runstate"
)

// follow folds events until ctx ends, and takes snapshots meanwhile and then.
func (l *Live[P, ID, Pos, M]) follow(ctx context.Context) error {
	keeper, end := l.keepSnapshots(ctx)
	ended := false
	defer func() { end(ended) }() // also if a panic or runtime.Goexit ends it
	err := l.foldAll(ctx, keeper)
	ended = true
	return err
}

func (l *Live[P, ID, Pos, M]) runner() outlast.Runner {
	return outlast.Runner{Kind: "projection", Name: l.projection.kind, Store: l.store, Health: &l.health}
}

func (l *Live[P, ID, Pos, M]) foldAll(ctx context.Context, keeper *keeper[P, ID, Pos, M]) error {
	runner := l.runner()
	var run *projectionRun[P, ID, Pos, M]
	var head core.Version[Pos] // when the catch-up began
	err := runner.Run(ctx, func() (err error) {
		if _, none := l.snapshots.(core.NoSnapshots[ID, Pos]); !none {
			// A snapshot that is away with the store is worth the wait.
			if head, err = l.store.LatestVersion(ctx); err != nil {
				return err
			}
		}
		run = startRun(ctx, l.store, l.snapshots, l.projection)
		return run.verify(ctx)
	})
	if err != nil {
		return err
	}
	if err := l.lock.beginFold(ctx); err != nil {
		return err
	}
	l.run = run
	l.lock.endFold()
	l.progress.Advance(run.version)
	return runner.Run(ctx, func() error { return l.foldOn(ctx, run, keeper, head) })
}

// foldOn folds the events after those that were folded, until ctx ends or the store
// fails.
func (l *Live[P, ID, Pos, M]) foldOn(ctx context.Context, run *projectionRun[P, ID, Pos, M], keeper *keeper[P, ID, Pos, M], head core.Version[Pos]) error {
	end, behind := head.Position()
	observe := core.ObserverOf(l.store).Fold
	if err := runstate.Resume(ctx, &l.health, l.store); err != nil {
		return err
	}
	for stored, err := range l.store.Subscribe(ctx, run.filters()...) {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
		var begun time.Time
		if observe != nil {
			begun = time.Now()
		}
		since, err := l.add(ctx, run, stored)
		if observe != nil {
			observe(ctx, core.Fold{Projection: l.projection.kind, Event: stored.Info(), Took: time.Since(begun), Err: err})
		}
		if errors.Is(err, core.ErrUnavailable) {
			return err // of what is needed to decode it: the event will be asked for again
		}
		if unreadable, ok := errors.AsType[*core.DecodeError](err); ok && l.skip != nil {
			l.runner().Fault(ctx, core.NextSkip, err)
			l.skip(ctx, unreadable)
			since = l.pass(ctx, run, stored)
		} else if err != nil {
			l.runner().Fault(ctx, core.NextStop, err)
			return core.Final(err)
		}
		l.progress.Advance(run.version) // before a snapshot, which Wait does not wait for
		keeper.folded(since)
		if behind && l.store.ComparePositions(stored.Position, end) >= 0 {
			behind = false
			keeper.caughtUp()
		}
	}
	return nil
}

// add folds an event while View waits. It returns how many have no snapshot.
func (l *Live[P, ID, Pos, M]) add(ctx context.Context, run *projectionRun[P, ID, Pos, M], stored core.StoredEvent[ID, Pos, M]) (int, error) {
	if err := l.lock.beginFold(ctx); err != nil {
		return 0, err
	}
	defer l.lock.endFold()
	err := run.add(stored)
	return run.offered.since, err
}

// pass records that an event was skipped. It returns how many have no snapshot.
func (l *Live[P, ID, Pos, M]) pass(ctx context.Context, run *projectionRun[P, ID, Pos, M], stored core.StoredEvent[ID, Pos, M]) int {
	if l.lock.beginFold(ctx) != nil {
		return 0
	}
	defer l.lock.endFold()
	run.processed(&stored.Envelope)
	return run.offered.since
}
