package core_test

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

func TestIncrementsOfManyWritersAddUp(t *testing.T) {
	const writers, each = 8, 200
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

// slowStore is a store that delays commits, so that other writers commit first.
type slowStore struct {
	core.EventStore[string, uint64, core.NoMetadata]
}

func (s slowStore) Commit(ctx context.Context, commits ...core.Commit[string, uint64, core.NoMetadata]) ([]core.Committed[string, uint64, core.NoMetadata], error) {
	for range rand.N(20) {
		runtime.Gosched()
	}
	return s.EventStore.Commit(ctx, commits...)
}

// A command that retries can lose only to commands that ran when it began to retry,
// and to each of them once.
func TestRetriesForEachOtherWriterAreEnough(t *testing.T) {
	const writers, each = 8, 50
	plain := core.NewRepository(slowStore{memory.New[string, core.NoMetadata]()}, accounts).WithRetries(writers - 1)
	for name, repo := range map[string]*core.Repository[account, string, uint64, core.NoMetadata]{
		"plain": plain,
		"cache": plain.WithCache(core.Cache[account]{Size: 1, Copy: func(a account) (account, error) { return a, nil }}),
	} {
		t.Run(name, func(t *testing.T) {
			var wg sync.WaitGroup
			for range writers {
				wg.Go(func() {
					for range each {
						if _, err := repo.Upsert(t.Context(), name, deposit{1}); err != nil {
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
			state, _, err := repo.Load(t.Context(), name)
			require.NoError(t, err)
			require.Equal(t, account{Balance: writers * each}, state)
		})
	}
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
