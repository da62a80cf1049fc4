package jetstream_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/memory"
)

// counted holds the value of a counter, so that a lost update shows.
type counted struct{ To int }

func (counted) EventKind() string { return "counter.counted" }

var counters = core.DefineAggregate("counter", core.On(func(n *int, e counted) { *n = e.To }))

type increment struct{ attempts *atomic.Int64 }

func (c increment) Handle(n int) ([]core.Event, error) {
	c.attempts.Add(1)
	return []core.Event{counted{n + 1}}, nil
}

func TestConcurrentIncrementsAddUp(t *testing.T) {
	t.Parallel()
	for _, replicas := range []int{1, 3} {
		t.Run(fmt.Sprintf("R%d", replicas), func(t *testing.T) { countTogether(t, replicas, 8, soak(15, 100)) })
	}
}

// countTogether has writers increment one counter, all at once, and checks that
// it comes to the sum. It returns the number of attempts that this took.
func countTogether(t testing.TB, replicas, writers, each int) int64 {
	t.Helper()
	store := openWith[string, core.NoMetadata](t, fresh(replicas))
	repo := core.NewRepository(store, counters).
		WithSnapshots(memory.NewSnapshots[string, uint64](core.SnapshotEvery(10))).
		WithRetries(1 << 20)
	var attempts atomic.Int64
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				if _, err := repo.Upsert(t.Context(), "c", increment{&attempts}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	n, v, err := repo.Load(t.Context(), "c")
	require.NoError(t, err)
	require.Equal(t, writers*each, n)
	require.Equal(t, core.At(uint64(writers*each)), v, "nothing else is in the stream")
	return attempts.Load()
}

func TestConcurrentDuplicateCommandIsRecordedOnce(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		t.Run(fmt.Sprintf("R%d", replicas), func(t *testing.T) {
			store := openWith[string, core.NoMetadata](t, fresh(replicas))
			ctx := core.WithCommandID(t.Context(), "c1")
			versions := make([]core.Version[uint64], 16)
			var wg sync.WaitGroup
			for i := range versions {
				wg.Go(func() {
					var err error
					versions[i], err = core.NewRepository(store, counters).Upsert(ctx, "c", increment{new(atomic.Int64)})
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
		})
	}
}

func TestConflictIsRetriedOnFreshState(t *testing.T) {
	store := openWith[string, core.NoMetadata](t, fresh(1))
	key := core.Key[string]{Kind: "counter", ID: "c"}
	coretest.Seed(t, store, key, counted{1})
	conflicting := func() { coretest.Seed(t, store, key, counted{2}) }
	cmd := increment{new(atomic.Int64)}

	repo := core.NewRepository(store, counters)
	_, err := repo.Update(t.Context(), "c", coretest.Interrupt(cmd, conflicting))
	require.EqualError(t, err, "update counter c: version conflict: expected 1, aggregate is at 2")
	_, err = repo.WithRetries(1).Update(t.Context(), "c", coretest.Interrupt(cmd, conflicting))
	require.NoError(t, err)
	require.Equal(t, int64(3), cmd.attempts.Load())
	n, _, err := repo.Load(t.Context(), "c")
	require.NoError(t, err)
	require.Equal(t, 3, n)
}
