package core

import (
	"context"
	"testing"
	"time"
)

type (
	benchPaid  struct{ Amount int }
	benchState struct{ Paid int }
)

func (benchPaid) EventKind() string { return "bench.paid" }

// BenchmarkUnusedHooks measures what the hooks of an update cost that nothing observes,
// and what they are of a whole update in a store that takes no time (%-of-update).
func BenchmarkUnusedHooks(b *testing.B) {
	store := newBenchStore()
	repo := NewRepository(store, DefineAggregate("bench", On(func(s *benchState, e benchPaid) { s.Paid += e.Amount })))
	cmd := CommandFunc[benchState](func(benchState) ([]Event, error) { return []Event{benchPaid{1}}, nil })
	ctx := context.Background()
	if _, err := repo.Create(ctx, "a", cmd); err != nil {
		b.Fatal(err)
	}
	var hooks, updates time.Duration
	commits := []Commit[string, uint64, NoMetadata]{{Events: []Event{benchPaid{1}}}}
	for b.Loop() {
		begun := time.Now()
		for range 100 {
			ctx, end := repo.beginCommand(ctx, "update", "a", cmd)
			if end != nil {
				end(nil)
			}
			ctx, stats := repo.beginLoad(ctx, "a")
			stats.from("")
			stats.folded(1)
			stats.done(nil)
			_, committed := BeginCommit(ctx, nil, commits)
			committed(nil)
		}
		hooks += time.Since(begun)
		begun = time.Now()
		for range 100 {
			if _, err := repo.Update(ctx, "a", cmd); err != nil {
				b.Fatal(err)
			}
		}
		updates += time.Since(begun)
	}
	b.ReportMetric(float64(hooks.Nanoseconds())/float64(b.N)/100, "ns/hooks")
	b.ReportMetric(float64(updates.Nanoseconds())/float64(b.N)/100, "ns/update")
	b.ReportMetric(100*float64(hooks)/float64(updates), "%-of-update")
}
