package projection

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/bounded"
	"github.com/jetsource/jetsource/core/internal/handlers"
)

// snapshotBound bounds how long a projection waits for its snapshot, which is large
// and loaded once, and for one to be stored, beside which events are folded.
const snapshotBound = time.Minute

// snapshotCalls are the calls of a run to its snapshot store.
type snapshotCalls struct{ loads, offers bounded.Calls }

func newSnapshotCalls(kind string, log func() *slog.Logger) *snapshotCalls {
	return &snapshotCalls{
		loads:  bounded.Calls{Name: "load of snapshot of " + kind, Bound: snapshotBound, Log: log},
		offers: bounded.Calls{Name: "store of snapshots of " + kind, Bound: snapshotBound, Log: log},
	}
}

// beginSnapshot tells the observer.
func (r *projectionRun[P, ID, Pos, M]) beginSnapshot(ctx context.Context, verb string) (context.Context, func(core.SnapshotEnd)) {
	_, none := r.snapshots.(core.NoSnapshots[ID, Pos])
	if hook := core.ObserverOf(r.store).Snapshot; hook != nil && !none {
		return hook(ctx, core.SnapshotInfo{Verb: verb, Role: core.ProjectionSnapshot, Kind: r.projection.kind})
	}
	return ctx, func(core.SnapshotEnd) {}
}

// loadSnapshot loads the snapshot. A failure of the store is logged, and there is no
// snapshot then.
func (r *projectionRun[P, ID, Pos, M]) loadSnapshot(ctx context.Context, state *P) (snap core.Snapshot[Pos], ok bool, err error) {
	ctx, ended := r.beginSnapshot(ctx, "load")
	defer func() { ended(core.SnapshotEnd{Done: ok, Err: err}) }()
	err = r.calls.loads.Do(ctx, func(c *bounded.Call) (err error) {
		snap, ok, err = r.snapshots.LoadSnapshot(c, r.projection.snapshotKey(r.store), state)
		return err
	}, isStoreFailure)
	if isStoreFailure(err) {
		return snap, false, ctx.Err()
	}
	return snap, ok, err
}

// age returns how old the latest snapshot is.
func (r *projectionRun[P, ID, Pos, M]) age() core.SnapshotAge {
	age := core.SnapshotAge{Events: r.offered.since}
	if age.Events > 0 {
		age.Time = time.Since(r.offered.oldest)
	}
	return age
}

// mayOffer reports whether there is something to offer, and nothing against it.
func (r *projectionRun[P, ID, Pos, M]) mayOffer() bool {
	return r.offered.since > 0 && r.offered.since >= r.offered.from && !r.damaged
}

// offer offers a snapshot of a projection that was loaded. It returns no error: the
// state is right without one.
func (r *projectionRun[P, ID, Pos, M]) offer(ctx context.Context) {
	if !r.mayOffer() {
		return
	}
	answer, err := r.offerTo(ctx, r.age(), r.snapshot)
	if r.answered(answer, err, r.offered.since); err != nil && !isStoreFailure(err) {
		r.logger().WarnContext(ctx, "snapshot not stored", "projection", r.projection.kind, "error", err)
	}
}

// offerTo offers what create returns. A panic of a method of the state is an error.
func (r *projectionRun[P, ID, Pos, M]) offerTo(ctx context.Context, age core.SnapshotAge, create func() (core.Snapshot[Pos], error)) (answer core.SnapshotOffer, err error) {
	ctx, ended := r.beginSnapshot(ctx, "offer")
	defer func() { ended(core.SnapshotEnd{Done: answer == core.Stored, Err: err}) }()
	err = r.calls.offers.Do(ctx, func(c *bounded.Call) (err error) {
		defer func() {
			if _, panicked := err.(*core.PanicError); panicked { //nolint:errorlint // of a method that encodes the state
				err = &core.SnapshotCreateError{Err: err}
			}
		}()
		defer handlers.Recover(&err)
		answer, err = r.snapshots.OfferSnapshot(c, r.projection.snapshotKey(r.store), age, create)
		return err
	}, isStoreFailure)
	return answer, err
}

// answered records the answer to an offer of a snapshot that has so many events more
// than the one before.
func (r *projectionRun[P, ID, Pos, M]) answered(answer core.SnapshotOffer, err error, has int) {
	switch {
	case answer == core.Stored:
		r.offered.since, r.offered.oldest = r.offered.since-has, time.Now()
		r.offered.from, r.offered.replaces = 0, ""
	case err != nil && !isStoreFailure(err):
		r.offered.from = 2 * max(r.offered.since, 1)
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
