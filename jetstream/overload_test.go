package jetstream_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
)

// usage is what a process and the stream's servers keep.
type usage struct {
	consumers  int
	goroutines int // of this module
	all        int // goroutines, those of the servers among them
	heap       uint64
}

func usageOf(t *testing.T, nc *nats.Conn, stream string) usage {
	t.Helper()
	var stacks bytes.Buffer
	require.NoError(t, pprof.Lookup("goroutine").WriteTo(&stacks, 2))
	u := usage{consumers: streamInfo(t, nc, stream).State.Consumers, all: runtime.NumGoroutine()}
	for stack := range bytes.SplitSeq(stacks.Bytes(), []byte("\n\n")) {
		if bytes.Contains(stack, []byte("jetsource/jetstream/internal/")) {
			u.goroutines++
		}
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u.heap = m.HeapAlloc
	return u
}

func (u usage) String() string {
	return fmt.Sprintf("%d consumers, %d goroutines of the store, %d in all, %.1f MB of heap", u.consumers, u.goroutines, u.all, float64(u.heap)/1e6)
}

// overload is work whose deadlines are mostly too short.
type overload struct {
	store    *plainStore
	asked    *consumerRequests
	shortest time.Duration // deadline
	longest  time.Duration

	calls, done atomic.Int64
	mu          sync.Mutex // guards failed
	failed      error      // of a call that had time
}

// run calls work until until, each time with another deadline.
func (o *overload) run(until time.Time, work func(context.Context) error) {
	for time.Now().Before(until) {
		ctx, cancel := context.WithTimeout(context.Background(), o.shortest+rand.N(o.longest-o.shortest))
		err := work(ctx)
		o.calls.Add(1)
		switch {
		case err == nil:
			o.done.Add(1)
		case ctx.Err() == nil || !errors.Is(err, context.DeadlineExceeded):
			o.mu.Lock()
			o.failed = err
			o.mu.Unlock()
		}
		cancel()
	}
}

// isClean reports whether the store has deleted each consumer that it asked for.
func (o *overload) isClean() bool {
	_, left := o.asked.undeleted()
	return left == 0
}

func (o *overload) scan(ctx context.Context) error {
	_, err := drain(ctx, o.store, ofKind("noted"))
	return err
}

func (o *overload) scanKinds(ctx context.Context) error {
	_, err := drain(ctx, o.store, ofKind("noted"), ofKind("also.noted"))
	return err
}

func (o *overload) load(ctx context.Context) error {
	_, err := drain(ctx, o.store, of(account(fmt.Sprint(rand.N(20)))))
	return err
}

func (o *overload) commit(ctx context.Context) error {
	_, err := core.CommitEvents(ctx, o.store, account(fmt.Sprint(20+rand.N(20))), notes("x", 1+rand.N(3)), core.NoMetadata{})
	return err
}

// subscribe reads for as long as ctx lets it.
func (o *overload) subscribe(ctx context.Context) error {
	for _, err := range o.store.Subscribe(ctx, ofKind("also.noted")) {
		if err != nil {
			return err
		}
	}
	return nil
}

// overloaded is a store with some events. The deadlines are up to the given time, or
// several times what a scan takes alone, on a host that is slow.
func overloaded(t *testing.T, replicas int, longest time.Duration) (o *overload, look func() usage) {
	t.Helper()
	cfg := fresh(replicas)
	nc := connect(t, replicas)
	o = &overload{store: openWith[string, core.NoMetadata](t, cfg), asked: recordConsumers(t, nc, cfg.Stream)}
	for i := range 20 {
		_, err := core.CommitEvents(t.Context(), o.store, account(fmt.Sprint(i)), notes("x", 10), core.NoMetadata{})
		require.NoError(t, err)
	}
	require.NoError(t, o.scan(t.Context()))
	begun := time.Now()
	require.NoError(t, o.scan(t.Context()))
	o.longest = max(longest, 8*time.Since(begun))
	look = func() usage { return usageOf(t, nc, cfg.Stream) }
	eventually(t, func() bool { return look().consumers == 0 }, "nothing is under way")
	return o, look
}

// In an overload most calls are given up in the middle. They leave nothing behind,
// and fail for no other reason than their deadlines.
func TestShortDeadlinesLeaveNothingBehind(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		t.Run(fmt.Sprintf("%d replicas", replicas), func(t *testing.T) {
			o, look := overloaded(t, replicas, 3*time.Millisecond)
			before := look()
			until := time.Now().Add(time.Duration(soak(1, 20)) * time.Second)
			var loops sync.WaitGroup
			for range 16 {
				loops.Go(func() { o.run(until, o.scan) })
			}
			most, patient := 0, 0
			for time.Now().Before(until) {
				n, err := drain(t.Context(), o.store, ofKind("noted"))
				require.NoError(t, err, "a scan that has time")
				require.Equal(t, 100, n)
				patient++
				most = max(most, look().consumers)
			}
			loops.Wait()
			require.NoError(t, o.failed)
			require.Less(t, most, 200, "a scan beyond the most waits")
			eventually(t, o.isClean, "the store deletes every consumer")
			eventually(t, func() bool { return look().consumers == before.consumers }, "no consumer is left")
			eventually(t, func() bool { return look().goroutines == before.goroutines }, "every goroutine ends")
			eventually(t, func() bool { return look().heap < before.heap+32<<20 }, "the heap is as it was")
			created, _ := o.asked.undeleted()
			require.Greater(t, created, patient+10, "some were given up in the middle")
			t.Logf("%d consumers were created; %d of %d calls and %d with time, at most %d at once; before: %v; after: %v", created, o.done.Load(), o.calls.Load(), patient, most, before, look())
		})
	}
}

// The long form of this test is for what grows slowly.
func TestMixedLoadWithShortDeadlinesLeavesNothingBehind(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		t.Run(fmt.Sprintf("%d replicas", replicas), func(t *testing.T) {
			o, look := overloaded(t, replicas, 20*time.Millisecond)
			o.shortest = time.Millisecond
			before := look()
			long := time.Duration(soak(1, 600)) * time.Second
			begun := time.Now()
			var loops sync.WaitGroup
			for _, work := range []func(context.Context) error{o.scan, o.scanKinds, o.load, o.commit, o.subscribe} {
				for range 4 {
					loops.Go(func() { o.run(begun.Add(long), work) })
				}
			}
			t.Logf("at the beginning: %v", before)
			for part := time.Duration(1); part <= 4; part++ { // the middle among them
				time.Sleep(time.Until(begun.Add(long * part / 5)))
				t.Logf("under load, after %v: %v", time.Since(begun).Round(time.Second), look())
			}
			loops.Wait()
			require.NoError(t, o.failed)
			eventually(t, o.isClean, "the store deletes every consumer")
			eventually(t, func() bool { return look().consumers == before.consumers }, "no consumer is left")
			eventually(t, func() bool { return look().goroutines == before.goroutines }, "every goroutine ends")
			eventually(t, func() bool { return look().heap < before.heap+64<<20 }, "the heap is as it was")
			created, _ := o.asked.undeleted()
			t.Logf("at the end, after %d consumers and %d calls of which %d were done in time: %v", created, o.calls.Load(), o.done.Load(), look())
		})
	}
}
