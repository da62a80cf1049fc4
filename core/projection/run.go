package projection

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/handlers"
	"github.com/jetsource/jetsource/core/internal/resume"
)

// projectionRun is a projection while events are folded into it.
type projectionRun[P any, ID, Pos comparable, M any] struct {
	store      core.EventStore[ID, Pos, M]
	snapshots  core.SnapshotStore[ID, Pos]
	projection *Projection[P, ID, Pos, M]
	calls      *snapshotCalls
	offered    offered[ID, Pos, M]
	result[P, Pos]
}

// result is what the events have led to so far.
type result[P any, Pos comparable] struct {
	state   P
	version core.Version[Pos]
	start   resume.Point[Pos] // the event that the snapshot ends with
	damaged bool              // a handler panicked: the state may be half changed, and is not offered
}

// offered is what the next snapshot is offered with.
type offered[ID, Pos comparable, M any] struct {
	last     core.Envelope[ID, Pos, M] // of the last event that was processed
	since    int                       // events after the latest snapshot
	oldest   time.Time                 // when the first of them was folded
	from     int                       // events at which to offer again, after a refusal
	replaces string                    // the event ID of a snapshot of other events
}

// startRun starts from the snapshot, if there is one that can be used.
func startRun[P any, ID, Pos comparable, M any](ctx context.Context, store core.EventStore[ID, Pos, M], snapshots core.SnapshotStore[ID, Pos], p *Projection[P, ID, Pos, M]) *projectionRun[P, ID, Pos, M] {
	r := newRun(store, snapshots, p)
	var state P // not p.init(): decoding would leave what that holds
	snap, ok, err := r.loadSnapshot(ctx, &state)
	if err == nil && !ok {
		return r
	}
	if err == nil {
		err = r.origin().Check(resume.Origin{StoreID: snap.StoreID, Table: snap.Table})
	}
	if err != nil {
		r.logUnused(ctx, err)
		return r
	}
	r.state, r.version, r.start = state, core.At(snap.Position), resume.At(snap.Position, snap.EventID)
	return r
}

// newRun starts from the first event.
func newRun[P any, ID, Pos comparable, M any](store core.EventStore[ID, Pos, M], snapshots core.SnapshotStore[ID, Pos], p *Projection[P, ID, Pos, M]) *projectionRun[P, ID, Pos, M] {
	calls := newSnapshotCalls(p.kind, func() *slog.Logger { return core.LoggerOf(store) })
	return &projectionRun[P, ID, Pos, M]{store: store, snapshots: snapshots, projection: p, calls: calls, result: result[P, Pos]{state: p.init()}}
}

// restart starts from the first event, because the snapshot is not of the events
// in the store.
func (r *projectionRun[P, ID, Pos, M]) restart(ctx context.Context) {
	r.logUnused(ctx, resume.ErrOtherLog)
	replaces := r.start.EventID()
	*r = *newRun(r.store, r.snapshots, r.projection)
	r.offered.replaces = replaces
}

func (r *projectionRun[P, ID, Pos, M]) logUnused(ctx context.Context, err error) {
	r.logger().WarnContext(ctx, "snapshot not used, replaying events", "projection", r.projection.kind, "error", err)
}

func (r *projectionRun[P, ID, Pos, M]) logger() *slog.Logger { return core.LoggerOf(r.store) }

func (r *projectionRun[P, ID, Pos, M]) origin() resume.Origin {
	return resume.Origin{StoreID: resume.StoreID(r.store), Table: r.projection.table.Hash()}
}

// filters selects the events after the version. It includes the event at the
// version while the store has not shown it.
func (r *projectionRun[P, ID, Pos, M]) filters() []core.Filter[ID, Pos] {
	if r.start.Pending() {
		return handlers.FiltersFrom(r.projection.table, r.version)
	}
	return handlers.FiltersAfter(r.projection.table, r.version)
}

// verify checks that the store has the event that the snapshot ends with, and
// starts from the first event if it has not.
func (r *projectionRun[P, ID, Pos, M]) verify(ctx context.Context) error {
	if !r.start.Pending() {
		return nil
	}
	for stored, err := range r.store.LoadEvents(ctx, r.filters()...) {
		if err == nil {
			_, err = r.start.Match(stored.Position, stored.EventID())
		}
		if err != nil && !errors.Is(err, resume.ErrOtherLog) {
			return err
		}
		break
	}
	if r.start.Pending() {
		r.restart(ctx)
	}
	return nil
}

// load folds the events that the store has.
func (r *projectionRun[P, ID, Pos, M]) load(ctx context.Context) error {
	for stored, err := range r.store.LoadEvents(ctx, r.filters()...) {
		fresh := false
		if err == nil {
			fresh, err = r.start.Match(stored.Position, stored.EventID())
		}
		if fresh {
			err = r.add(stored)
		}
		if err != nil {
			return err
		}
	}
	return r.start.End()
}

// add folds an event.
func (r *projectionRun[P, ID, Pos, M]) add(stored core.StoredEvent[ID, Pos, M]) error {
	if err := r.projection.fold(r.store, &r.state, stored); err != nil {
		_, panicked := errors.AsType[*core.PanicError](err)
		r.damaged = r.damaged || panicked
		return err
	}
	r.processed(&stored.Envelope)
	return nil
}

// processed records that an event was folded or skipped.
func (r *projectionRun[P, ID, Pos, M]) processed(e *core.Envelope[ID, Pos, M]) {
	r.version, r.offered.last = core.At(e.Position), *e
	if r.offered.since++; r.offered.since == 1 {
		r.offered.oldest = time.Now()
	}
}
