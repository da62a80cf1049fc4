package jetstream_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

// spreadDeposits commits deposits on so many accounts, one each, and returns the version of
// the last.
func spreadDeposits(t *testing.T, s *plainStore, n int) core.Version[uint64] {
	t.Helper()
	var mu sync.Mutex
	var last uint64
	var wg sync.WaitGroup
	for from := range 4 {
		wg.Go(func() {
			for i := from * 500; i < n; i += 4 * 500 {
				var commits []plainCommit
				for k := i; k < min(i+500, n); k++ {
					commits = append(commits, plainCommit{Key: account(fmt.Sprint("a-", k)), Events: []core.Event{deposited{k}}})
				}
				committed, err := s.Commit(t.Context(), commits...)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				last = max(last, committed[len(committed)-1].Position)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return core.At(last)
}

// openEmbedded opens a store on a server of its own, that is synced to disk.
func openEmbedded(t *testing.T) (*plainStore, *nats.Conn) {
	t.Helper()
	srv, err := embedded.Start(embedded.Config{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	nc, err := nats.Connect("", nats.InProcessServer(srv), nats.Timeout(time.Minute))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, jetstream.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s, nc
}

// runUntil runs a worker until it has processed a version, and returns how long that took.
func runUntil(t *testing.T, w *plainWorker, v core.Version[uint64]) time.Duration {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	begun := time.Now()
	go func() { ended <- w.Run(ctx) }()
	require.NoError(t, w.Wait(t.Context(), v))
	took := time.Since(begun)
	cancel()
	require.NoError(t, <-ended)
	return took
}

func entriesOf(t *testing.T, s *plainStore, name string) (n int) {
	t.Helper()
	for key, err := range s.EntryKeys(t.Context(), "_reactor-"+name) {
		require.NoError(t, err)
		for _, err := range s.LoadEntries(t.Context(), key, core.Version[uint64]{}) {
			require.NoError(t, err)
			n++
		}
	}
	return n
}

// outputs is a reactor with one output for each deposit.
func outputs(name string) *plainReactor {
	return reactor.Define(name, reactor.Produce(func(_ context.Context, e plainRecorded) ([]plainCommit, error) {
		return []plainCommit{{Key: core.Key[string]{Kind: name, ID: e.Key.ID}, Events: []core.Event{receipt{e.Event.Amount}}}}, nil
	}))
}

// Effects take no message of the log, and those of many partitions go on beside each
// other. Outputs of many inputs share a checkpoint.
func TestReactorsLeaveLittleInTheLog(t *testing.T) {
	s, nc := openEmbedded(t)
	leases, err := jetstream.OpenLeases(t.Context(), nc, jetstream.LeaseConfig{})
	require.NoError(t, err)
	n := soak(2000, 100000)
	v := spreadDeposits(t, s, n)
	fast := reactor.Define("fast", reactor.On(func(context.Context, plainRecorded) error { return nil }))
	took := runUntil(t, reactor.NewWorker(s, fast).WithLeases(leases), v)
	t.Logf("%d inputs without outputs: %.0f inputs/s, %d messages in the log", n, float64(n)/took.Seconds(), entriesOf(t, s, "fast"))
	require.Equal(t, 1, entriesOf(t, s, "fast"), "its layout")

	took = runUntil(t, reactor.NewWorker(s, outputs("copies")).WithLeases(leases), v)
	entries := entriesOf(t, s, "copies")
	t.Logf("%d inputs with one output each: %.0f inputs/s, %d messages in the log beside them", n, float64(n)/took.Seconds(), entries)
	require.LessOrEqual(t, entries, n/20+1)
	count := 0
	for _, err := range s.LoadEvents(t.Context(), core.Filter[string, uint64]{EventKind: receipt{}.EventKind()}) {
		require.NoError(t, err)
		count++
	}
	require.Equal(t, n, count)

	rates := make(map[int]float64)
	for _, partitions := range []int{1, 16, 64} {
		some := min(n, soak(40, 500)*partitions)
		end := core.At(uint64(some))
		slow := reactor.Define(fmt.Sprint("slow-", partitions), reactor.On(func(_ context.Context, e plainRecorded) error {
			if int(e.Position) <= some {
				time.Sleep(5 * time.Millisecond)
			}
			return nil
		})).WithPartitions(partitions)
		took := runUntil(t, reactor.NewWorker(s, slow).WithLeases(leases), end)
		rates[partitions] = float64(some) / took.Seconds()
		t.Logf("effects of 5 ms, %d partitions: %.0f inputs/s", partitions, rates[partitions])
	}
	require.Greater(t, rates[16], 4*rates[1])
}

func TestOutputsOfManyInputsOnAReplicatedStream(t *testing.T) {
	s := openWith[string, core.NoMetadata](t, fresh(3))
	n := soak(3000, 50000)
	v := spreadDeposits(t, s, n)
	took := runUntil(t, reactor.NewWorker(s, outputs("copies")), v)
	t.Logf("%d inputs with one output each, three replicas: %.0f inputs/s, %d messages in the log beside them", n, float64(n)/took.Seconds(), entriesOf(t, s, "copies"))
}

// Pending timers are cheap.
func TestManyPendingTimers(t *testing.T) {
	s, nc := openEmbedded(t)
	leases, err := jetstream.OpenLeases(t.Context(), nc, jetstream.LeaseConfig{})
	require.NoError(t, err)
	n := soak(3000, 100000)
	v := spreadDeposits(t, s, n)
	var mu sync.Mutex
	var late []time.Duration
	due := time.Now().Add(time.Duration(soak(2, 60)) * time.Second)
	timed := func(name string) *plainReactor {
		return reactor.Define(name,
			reactor.On(func(ctx context.Context, e plainRecorded) error {
				at := due.Add(24 * time.Hour)
				if e.Event.Amount%10 == 0 {
					at = due.Add(time.Duration(e.Event.Amount%1000) * time.Millisecond)
				}
				return reactor.SetTimer(ctx, "timer", at, receipt{e.Event.Amount})
			}),
			reactor.Due(func(_ context.Context, e core.Recorded[receipt, string, uint64, core.NoMetadata]) ([]plainCommit, error) {
				mu.Lock()
				defer mu.Unlock()
				late = append(late, time.Since(e.Time))
				return []plainCommit{{Key: core.Key[string]{Kind: "due", ID: e.Key.ID}, Events: []core.Event{e.Event}}}, nil
			}),
		)
	}
	took := runUntil(t, reactor.NewWorker(s, timed("timed")).WithLeases(leases), v)
	t.Logf("%d timers set in %v, %d messages in the log", n, took, entriesOf(t, s, "timed"))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	begun := time.Now()
	w := reactor.NewWorker(s, timed("timed")).WithLeases(leases)
	go func() { ended <- w.Run(ctx) }()
	require.NoError(t, w.Wait(t.Context(), v))
	t.Logf("resumed in %v", time.Since(begun))
	runtime.GC()
	runtime.ReadMemStats(&after)
	t.Logf("%.1f MiB more on the heap", float64(after.HeapAlloc-min(before.HeapAlloc, after.HeapAlloc))/(1<<20))
	require.Eventually(t, func() bool { mu.Lock(); defer mu.Unlock(); return len(late) >= n/10 }, 3*time.Minute, 10*time.Millisecond, "those that are due have fired")
	timers, err := w.Timers(t.Context())
	require.NoError(t, err)
	cancel()
	require.NoError(t, <-ended)
	slices.Sort(late)
	t.Logf("%d fired, late by %v in the median, by %v at most", len(late), late[len(late)/2], late[len(late)-1])
	require.GreaterOrEqual(t, late[0], time.Duration(0), "none is early")
	require.Len(t, late, n/10)
	require.GreaterOrEqual(t, len(timers), n-n/10)
}
