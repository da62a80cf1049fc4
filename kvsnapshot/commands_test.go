package kvsnapshot_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
)

// A snapshot of another process holds the last 1,000 processed commands, and no
// more.
func TestSnapshotHoldsProcessedCommands(t *testing.T) {
	f := newFixture(t, newConfig(1))
	store := openEvents(t, f.eventsCfg)
	name := func(i int) string { return fmt.Sprint("command ", i) }
	var versions []core.Version[uint64]
	var last core.Version[uint64]
	for i := range 1005 {
		committed, err := store.Commit(t.Context(), core.Commit[string, uint64, core.NoMetadata]{
			Key: core.Key[string]{Kind: "wallet", ID: "a"}, Expected: last, Events: []core.Event{paid{i}}, CommandID: name(i),
		})
		require.NoError(t, err)
		last = core.At(committed[0].Position)
		versions = append(versions, last)
	}
	send := func(repo *repository, i int) core.Version[uint64] {
		v, err := repo.Update(core.WithCommandID(t.Context(), name(i)), "a", emit(paid{-1}))
		require.NoError(t, err)
		return v
	}
	versions = append(versions, send(f.repo, 1005)) // 1,006 of them, and a snapshot
	f.requireUsed("a", versions[1005])

	other := core.NewRepository(openEvents(t, f.eventsCfg), wallets).WithSnapshots(open(t, f.cfg))
	for _, i := range []int{1005, 1004, 500, 6} {
		require.Equal(t, versions[i], send(other, i), "command %d", i)
	}
	require.Equal(t, versions[5], send(f.plain, 5), "a replay finds every command")
	_, at, err := other.Load(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, versions[1005], at, "nothing was recorded")
	again := send(other, 5)
	require.NotEqual(t, versions[5], again, "it is not among the last 1,000")
	require.Equal(t, again, send(other, 5), "now it is the last one")
}
