package core_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

// askedSnapshots counts the loads of snapshots.
type askedSnapshots struct {
	core.SnapshotStore[string, uint64]
	loads int
}

func (s *askedSnapshots) LoadSnapshot(ctx context.Context, key core.SnapshotKey[string], state any) (core.Snapshot[uint64], bool, error) {
	s.loads++
	return s.SnapshotStore.LoadSnapshot(ctx, key, state)
}

// An aggregate that had no snapshot is not asked for one each time; one that another
// process stored is used soon, and one of the repository's own at once.
func TestYoungAggregateIsNotAskedForASnapshotEachTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, never, after5 := memory.New[string, core.NoMetadata](), memory.NewSnapshots[string, uint64](core.SnapshotPolicy{}), memory.NewSnapshots[string, uint64](core.SnapshotEvery(5))
		update := func(repo *accountRepo, n int) {
			for range n {
				_, err := repo.Upsert(t.Context(), "a", deposit{1})
				require.NoError(t, err)
			}
		}
		asked := &askedSnapshots{SnapshotStore: never}
		repo := core.NewRepository(store, accounts).WithSnapshots(asked)
		update(repo, 3)
		require.Equal(t, 1, asked.loads)
		time.Sleep(10 * time.Second)
		update(repo, 3)
		require.Equal(t, 2, asked.loads)

		own := &askedSnapshots{SnapshotStore: after5}
		repo = core.NewRepository(store, accounts).WithSnapshots(own)
		update(repo, 1) // stores one, of seven events
		loads := own.loads
		update(repo, 1)
		require.Equal(t, loads+1, own.loads)
	})
}
