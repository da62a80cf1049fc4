package kvsnapshot_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/kvsnapshot"
)

// BenchmarkFailingSnapshots runs commands with snapshots that cannot be had, and
// without any, in turns: the rates and the 99th percentiles are divided by those
// without. What the first second costs, when it is found out, is not in it.
//
//	go test -run '^$' -bench FailingSnapshots -benchtime 1x ./kvsnapshot
func BenchmarkFailingSnapshots(b *testing.B) {
	for _, writers := range []int{1, 8} {
		for _, c := range []struct {
			name string
			full bool
			fail func(*proxy)
		}{
			{"well", false, func(*proxy) {}},
			{"away", false, func(p *proxy) { p.away.Store(true) }},
			{"full", true, func(*proxy) {}},
			{"slow", false, func(p *proxy) { p.delay.Store(int64(300 * time.Millisecond)) }},
		} {
			b.Run(fmt.Sprintf("%s, %d writers", c.name, writers), func(b *testing.B) {
				p := new(proxy)
				cfg := newConfig(1)
				cfg.Policy = core.SnapshotEvery(10)
				if c.full {
					cfg.Storage.MaxBytes = 4 << 10
				}
				plain := core.NewRepository(openEvents(b, newEventsConfig(1)), wallets)
				snapshots := openOver(b, p.connect(b), cfg)
				if c.full {
					fillBucket(b, snapshots)
				}
				repo := plain.WithSnapshots(snapshots)
				runCommands(b, repo, "with", writers, time.Second/2) // there are snapshots
				runCommands(b, plain, "without", writers, time.Second/2)
				c.fail(p)
				runCommands(b, repo, "with", writers, time.Second)
				var with, without figures
				for b.Loop() {
					for range 10 {
						with.add(runCommands(b, repo, "with", writers, time.Second))
						without.add(runCommands(b, plain, "without", writers, time.Second))
					}
				}
				logged.drain()
				b.ReportMetric(without.rate(), "without/s")
				b.ReportMetric(with.rate()/without.rate(), "rate-ratio")
				b.ReportMetric(float64(with.p99())/float64(without.p99()), "p99-ratio")
				b.ReportMetric(float64(slices.Max(with.took))/1e6, "max-ms")
			})
		}
	}
}

// fillBucket stores snapshots until the bucket takes no more.
func fillBucket(b *testing.B, s *kvsnapshot.Store[string]) {
	for i := 0; ; i++ {
		if _, err := s.OfferSnapshot(b.Context(), accountKey(fmt.Sprint(i)), core.SnapshotAge{Events: 10}, at(1)); err != nil {
			return
		}
		require.Less(b, i, 1000)
	}
}

// figures are of the commands of some runs.
type figures struct {
	took  []time.Duration
	spent time.Duration
}

func (f *figures) add(o figures) { f.took, f.spent = append(f.took, o.took...), f.spent+o.spent }
func (f *figures) rate() float64 { return float64(len(f.took)) / f.spent.Seconds() }

func (f *figures) p99() time.Duration {
	slices.Sort(f.took)
	return f.took[len(f.took)*99/100]
}

// runCommands has writers run commands for a while, each on aggregates of its own with some
// 30 events each.
func runCommands(b *testing.B, repo *repository, prefix string, writers int, d time.Duration) figures {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var all sync.WaitGroup
	var mu sync.Mutex
	var f figures
	begun := time.Now()
	for w := range writers {
		all.Go(func() {
			var took []time.Duration
			for i := 0; time.Since(begun) < d; i++ {
				start := time.Now()
				_, err := repo.Upsert(ctx, fmt.Sprint(prefix, "-", w, "-", begun.UnixNano(), "-", i/30), emit(paid{1}))
				took = append(took, time.Since(start))
				if err != nil {
					b.Error(err)
					return
				}
			}
			mu.Lock()
			defer mu.Unlock()
			f.took = append(f.took, took...)
		})
	}
	all.Wait()
	f.spent = time.Since(begun)
	return f
}
