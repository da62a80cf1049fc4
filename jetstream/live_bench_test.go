package jetstream_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/projection"
)

// What live models of one process cost its writers: 16 of them commit events that every
// model folds, or none does. The metrics are commits a second, and how many consumers the
// stream had.
func BenchmarkLiveModels(b *testing.B) {
	for _, models := range []int{0, 1, 20, 100, 300} {
		b.Run(fmt.Sprintf("%d of the kind", models), func(b *testing.B) { benchLive(b, models, change0{text}) })
		b.Run(fmt.Sprintf("%d of another", models), func(b *testing.B) { benchLive(b, models, change1{text}) })
	}
}

// benchLive has models fold events of one kind while others, or such, are committed.
func benchLive(b *testing.B, models int, event core.Event) {
	cfg := fresh(1)
	s := openWith[string, core.NoMetadata](b, cfg)
	var running sync.WaitGroup
	defer running.Wait()
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	var all []*projection.Live[counts, string, uint64, core.NoMetadata]
	for range models {
		live := projection.NewLive(s, projection.Define("counts", count(func(e change0) int { return len(e.Text) })))
		running.Go(func() { _ = live.Run(ctx) })
		require.NoError(b, live.CatchUp(b.Context()))
		all = append(all, live)
	}
	b.ResetTimer()
	commitAll(b, s, event)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
	b.StopTimer()
	b.ReportMetric(float64(consumers(b, connect(b, 1), cfg.Stream)), "consumers")
	want := 0
	if _, ok := event.(change0); ok {
		want = b.N
	}
	for _, live := range all {
		require.NoError(b, live.CatchUp(b.Context()))
		live.View(func(c *counts) { require.Equal(b, want, c.Events) })
	}
}

// commitAll has 16 writers make b.N commits.
func commitAll(b *testing.B, s *plainStore, event core.Event) {
	var next atomic.Int64
	var writers sync.WaitGroup
	for range 16 {
		writers.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				_, err := core.CommitEvents(b.Context(), s, account(fmt.Sprint(i)), []core.Event{event}, core.NoMetadata{})
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	writers.Wait()
}
