package projection_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core/projection"
)

// A View inside a View gets through while an event waits to be folded.
func TestViewInsideAView(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		live := projection.NewLive(store, ledgers)
		stop := runs(t, live.Run)
		synctest.Wait()
		live.View(func(outer *ledger) {
			pay(t, store, "a", 1)
			synctest.Wait() // Run waits for this view
			live.View(func(inner *ledger) { require.Zero(t, inner.Total) })
		})
		require.NoError(t, live.CatchUp(t.Context()))
		require.Equal(t, int64(1), seen(live).Total)
		require.NoError(t, stop())
	})
}

// Run ends with its context also while a View goes on.
func TestRunEndsWhileAViewGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		live := projection.NewLive(store, ledgers)
		stop := runs(t, live.Run)
		synctest.Wait()
		live.View(func(*ledger) {
			pay(t, store, "a", 1)
			synctest.Wait()
			require.NoError(t, stop())
		})
		require.Zero(t, seen(live).Total)
	})
}

// Views that overlap do not keep events out, and a history does not keep out views.
func TestViewsAndFoldsTakeTurns(t *testing.T) {
	store := newBank()
	for range 100 {
		pay(t, store, "a", 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)
	}
	live := projection.NewLive(store, ledgers)
	var views atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			for ctx.Err() == nil {
				live.View(func(*ledger) { time.Sleep(time.Millisecond) })
				views.Add(1)
			}
		})
	}
	stop := runs(t, live.Run)
	require.NoError(t, live.CatchUp(t.Context()))
	require.Equal(t, int64(1000), seen(live).Total)
	require.Positive(t, views.Load())
	require.NoError(t, stop())
	cancel()
	readers.Wait()
}
