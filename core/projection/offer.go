package projection

import (
	"context"
	"log/slog"

	"github.com/jetsource/jetsource/core"
)

// offer offers a snapshot. It returns no error: the state is right without one.
func (r *projectionRun[P, ID, Pos, M]) offer(ctx context.Context) {
	if r.offered.since == 0 || r.damaged {
		return
	}
	answer, err := r.snapshots.OfferSnapshot(ctx, r.projection.snapshotKey(r.store), r.offered.since, func() (core.Snapshot[Pos], error) {
		at, _ := r.version.Position()
		origin := r.origin()
		return core.Snapshot[Pos]{
			Position: at, EventID: r.offered.last.EventID(), StoreID: origin.StoreID, Table: origin.Table,
			State: r.state, Replaces: r.offered.replaces,
		}, nil
	})
	if err != nil {
		slog.WarnContext(ctx, "snapshot not stored", "projection", r.projection.kind, "error", err)
	}
	switch {
	case answer == core.Stored:
		r.offered.since, r.offered.replaces = 0, ""
	case err != nil:
		r.offered.since = 0 // not at the next event, but after as many as the policy says
	}
}
