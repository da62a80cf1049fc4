package projection

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/bounded"
)

// snapshotBound bounds how long a projection waits for its snapshot, which is large
// and loaded once, and for one to be stored.
const snapshotBound = 5 * time.Second

// snapshotCalls are the calls of a run to its snapshot store.
type snapshotCalls struct{ loads, offers bounded.Calls }

func newSnapshotCalls(kind string) *snapshotCalls {
	return &snapshotCalls{
		loads:  bounded.Calls{Name: "load of snapshot of " + kind, Bound: snapshotBound},
		offers: bounded.Calls{Name: "store of snapshots of " + kind, Bound: snapshotBound},
	}
}

// loadSnapshot loads the snapshot. A failure of the store is logged, and there is no
// snapshot then.
func (r *projectionRun[P, ID, Pos, M]) loadSnapshot(ctx context.Context, state *P) (snap core.Snapshot[Pos], ok bool, err error) {
	err = r.calls.loads.Do(ctx, func(c *bounded.Call) (err error) {
		snap, ok, err = r.snapshots.LoadSnapshot(c, r.projection.snapshotKey(r.store), state)
		return err
	}, isStoreFailure)
	if isStoreFailure(err) {
		return snap, false, ctx.Err()
	}
	return snap, ok, err
}

// offer offers a snapshot. It returns no error: the state is right without one.
func (r *projectionRun[P, ID, Pos, M]) offer(ctx context.Context) {
	if r.offered.since == 0 || r.offered.since < r.offered.from || r.damaged {
		return
	}
	if _, none := r.snapshots.(core.NoSnapshots[ID, Pos]); none {
		return // a bound for each event is not free
	}
	var answer core.SnapshotOffer
	err := r.calls.offers.Do(ctx, func(c *bounded.Call) (err error) {
		answer, err = r.snapshots.OfferSnapshot(c, r.projection.snapshotKey(r.store), core.SnapshotAge{Events: r.offered.since}, r.snapshot)
		return err
	}, isStoreFailure)
	switch {
	case answer == core.Stored:
		r.offered.since, r.offered.from, r.offered.replaces = 0, 0, ""
	case err != nil && !isStoreFailure(err):
		r.offered.from = 2 * r.offered.since
		slog.WarnContext(ctx, "snapshot not stored", "projection", r.projection.kind, "error", err)
	}
}

// snapshot returns the snapshot to offer.
func (r *projectionRun[P, ID, Pos, M]) snapshot() (core.Snapshot[Pos], error) {
	at, _ := r.version.Position()
	origin := r.origin()
	return core.Snapshot[Pos]{
		Position: at, EventID: r.offered.last.EventID(), StoreID: origin.StoreID, Table: origin.Table,
		State: r.state, Replaces: r.offered.replaces,
	}, nil
}

// isStoreFailure reports whether an error is one of the snapshot store, not of one
// snapshot.
func isStoreFailure(err error) bool {
	if err == nil {
		return false
	}
	_, read := errors.AsType[*core.SnapshotReadError](err)
	_, create := errors.AsType[*core.SnapshotCreateError](err)
	return !read && !create
}
