package kvsnapshot_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/projection"
)

// A live model whose state does not fit into a message starts where the last one ended.
func TestLiveStartsFromALargeSnapshot(t *testing.T) {
	store := openEvents(t, newEventsConfig(1))
	snapshots := open(t, newConfig(1))
	pad := strings.Repeat("x", 500)
	folded := 0
	models := projection.Define("models", projection.On(
		func(k *byKey, e core.Recorded[paid, string, uint64, core.NoMetadata]) {
			(*k)[pad+e.Key.ID] += e.Event.Amount
			folded++
		})).WithInit(func() byKey { return make(byKey) })
	const all = 3000
	total := 0
	for turn := range 3 {
		for begin := 0; begin < all && turn < 2; begin += 500 {
			batch := make([]core.Commit[string, uint64, core.NoMetadata], 500)
			for i := range batch {
				batch[i] = core.Commit[string, uint64, core.NoMetadata]{
					Key: core.Key[string]{Kind: "wallet", ID: fmt.Sprint(turn*all + begin + i)}, Events: []core.Event{paid{1}},
				}
			}
			_, err := store.Commit(t.Context(), batch...)
			require.NoError(t, err)
			total += len(batch)
		}
		live := projection.NewLive(store, models).WithSnapshots(snapshots)
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		ended := make(chan error, 1)
		go func() { ended <- live.Run(ctx) }()
		require.NoError(t, live.CatchUp(t.Context()))
		stop()
		require.NoError(t, <-ended)
		live.View(func(k *byKey) { require.Len(t, *k, total) })
		require.Equal(t, total, folded, "each event once")
	}
}
