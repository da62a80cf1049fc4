package core_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

func TestIncrementsOfManyWritersAddUp(t *testing.T) {
	const writers, each = 16, 500
	counters := core.NewRepository(memory.New[string, core.NoMetadata](), accounts).WithRetries(1 << 20).WithSnapshots(memory.NewSnapshots[string, uint64](core.SnapshotEvery(100)))
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				_, err := counters.Upsert(t.Context(), "a", deposit{1})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	state, v, err := counters.Load(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, account{Balance: writers * each}, state)
	require.Equal(t, core.At(uint64(writers*each)), v)
}

func TestCommandSentByManyIsRecordedOnce(t *testing.T) {
	for _, retries := range []int{0, 20} {
		store := memory.New[string, core.NoMetadata]()
		ctx := core.WithCommandID(t.Context(), "pay-7")
		versions := make([]core.Version[uint64], 16)
		var wg sync.WaitGroup
		for i := range versions {
			wg.Go(func() {
				var err error
				versions[i], err = core.NewRepository(store, accounts).WithRetries(retries).Upsert(ctx, "a", deposit{5})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, v := range versions {
			require.Equal(t, core.At(uint64(1)), v)
		}
		latest, err := store.LatestVersion(ctx)
		require.NoError(t, err)
		require.Equal(t, core.At(uint64(1)), latest)
	}
}
