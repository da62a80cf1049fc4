package kvsnapshot_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/projection"
)

// byKey is a live model with a key for each event.
type byKey map[string]int

var keys = projection.Define("keys",
	projection.On(func(k *byKey, e core.Recorded[paid, string, uint64, core.NoMetadata]) {
		(*k)[e.Key.ID] += e.Event.Amount
	}),
).WithInit(func() byKey { return make(byKey) })

// BenchmarkCatchUp has live models catch up with 60,000 events of as many keys, with
// snapshots and without, in turns: the ratio is of the medians. JETSOURCE_SOAK does
// 1,000,000 as well.
//
//	go test -run '^$' -bench CatchUp -benchtime 7x ./kvsnapshot
func BenchmarkCatchUp(b *testing.B) {
	sizes := []int{60_000}
	if os.Getenv("JETSOURCE_SOAK") != "" {
		sizes = append(sizes, 1_000_000)
	}
	for _, size := range sizes {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			cfg := newEventsConfig(1)
			cfg.Memory = true
			store := openEvents(b, cfg)
			for begin := 0; begin < size; begin += 500 {
				batch := make([]core.Commit[string, uint64, core.NoMetadata], 500)
				for i := range batch {
					batch[i] = core.Commit[string, uint64, core.NoMetadata]{Key: core.Key[string]{Kind: "wallet", ID: fmt.Sprint(begin + i)}, Events: []core.Event{paid{1}}}
				}
				_, err := store.Commit(b.Context(), batch...)
				require.NoError(b, err)
			}
			var with, without, whole []time.Duration
			for b.Loop() {
				cfg := newConfig(1)
				cfg.Policy = core.SnapshotEvery(100) // the default
				snapshots := open(b, cfg)
				caught, all := catchUp(b, store, snapshots, size)
				with, whole = append(with, caught), append(whole, all)
				caught, _ = catchUp(b, store, core.NoSnapshots[string, uint64]{}, size)
				without = append(without, caught)
			}
			b.ReportMetric(median(with).Seconds(), "with-s")
			b.ReportMetric(median(without).Seconds(), "without-s")
			b.ReportMetric(median(with).Seconds()/median(without).Seconds(), "ratio")
			b.ReportMetric(median(whole).Seconds(), "with-and-stopped-s")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// catchUp returns how long a live model takes to catch up, and until it has stopped.
func catchUp(b *testing.B, store *events, snapshots core.SnapshotStore[string, uint64], size int) (caught, all time.Duration) {
	runtime.GC() // of the turn before
	begun := time.Now()
	live := projection.NewLive(store, keys).WithSnapshots(snapshots)
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- live.Run(ctx) }()
	require.NoError(b, live.CatchUp(b.Context()))
	caught = time.Since(begun)
	live.View(func(k *byKey) { require.Len(b, *k, size) })
	cancel()
	require.NoError(b, <-ended)
	return caught, time.Since(begun)
}
