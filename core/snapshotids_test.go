package core_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fakes"
	"github.com/jetsource/jetsource/core/memory"
)

func TestRepositoriesOfSeveralTypesOfIDsShareSnapshots(t *testing.T) {
	ctx, store, snaps := t.Context(), newSpy(), fakes.NewSnapshots()
	plain := store.repo().WithSnapshots(snaps)
	own := core.NewRepositoryWithIDs(store, branches, branchID.String).WithSnapshots(core.SnapshotsWithIDs(snaps, branchID.String))
	for range 3 {
		_, err := plain.Upsert(ctx, "eu-7", deposit{1})
		require.NoError(t, err)
		_, err = own.Upsert(ctx, branchID{"eu", 7}, branchDeposits(10))
		require.NoError(t, err)
	}
	require.Len(t, snaps.Stored, 2)
	key := core.SnapshotKey[string]{Store: store.StoreID(), Role: core.AggregateSnapshot, Kind: "branch", ID: "eu-7"}
	require.Contains(t, snaps.Stored, key)

	store.loads = nil
	state, _, err := own.Load(ctx, branchID{"eu", 7})
	require.NoError(t, err)
	require.Equal(t, branch{30}, state)
	require.Equal(t, core.At(uint64(6)), store.loads[0].From, "from the snapshot")
}

func TestSnapshotsWithIDsKeepTheOnlyInstanceApart(t *testing.T) {
	snaps := memory.NewSnapshots[string, uint64](core.SnapshotEvery(1))
	own := core.SnapshotsWithIDs(snaps, func(id branchID) string {
		require.NotZero(t, id, "it has no id")
		return id.String()
	})
	key := core.SnapshotKey[branchID]{Role: core.ProjectionSnapshot, Kind: "all", Singleton: true, Schema: 2, Store: "s"}
	_, err := own.OfferSnapshot(context.Background(), key, core.SnapshotAge{Events: 1}, func() (core.Snapshot[uint64], error) {
		return core.Snapshot[uint64]{Position: 7, State: 5}, nil
	})
	require.NoError(t, err)
	state := 0
	raw := core.SnapshotKey[string]{Role: core.ProjectionSnapshot, Kind: "all", Singleton: true, Schema: 2, Store: "s"}
	_, ok, err := snaps.LoadSnapshot(context.Background(), raw, &state)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, 5, state)
}

func TestSnapshotsWithIDsAreRemoved(t *testing.T) {
	store := newSpy()
	snaps := memory.NewSnapshots[string, uint64](core.SnapshotEvery(1))
	own := core.NewRepositoryWithIDs(store, branches, branchID.String).WithSnapshots(core.SnapshotsWithIDs(snaps, branchID.String))
	id := branchID{"eu", 7}
	_, err := own.Upsert(t.Context(), id, branchDeposits(10))
	require.NoError(t, err)
	key := core.SnapshotKey[string]{Store: store.StoreID(), Role: core.AggregateSnapshot, Kind: "branch", ID: "eu-7"}
	for _, there := range []bool{true, false} {
		_, ok, err := snaps.LoadSnapshot(t.Context(), key, new(branch))
		require.NoError(t, err)
		require.Equal(t, there, ok)
		require.NoError(t, own.DropState(t.Context(), id))
	}
}
