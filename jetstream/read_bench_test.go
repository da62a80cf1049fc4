package jetstream_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/projection"
	"github.com/jetsource/jetsource/embedded"
)

// counts is a projection over four of the eight kinds of a filled stream.
type counts struct{ Events, Bytes int }

type (
	change0 struct{ Text string }
	change1 struct{ Text string }
	change2 struct{ Text string }
	change3 struct{ Text string }
)

func (change0) EventKind() string { return kinds[0] }
func (change1) EventKind() string { return kinds[1] }
func (change2) EventKind() string { return kinds[2] }
func (change3) EventKind() string { return kinds[3] }

func count[E core.Event](size func(E) int) projection.Handler[counts, string, uint64, core.NoMetadata] {
	return projection.On(func(c *counts, e core.Recorded[E, string, uint64, core.NoMetadata]) {
		c.Events++
		c.Bytes += size(e.Event)
	})
}

var firstFour = projection.Define("counts",
	count(func(e change0) int { return len(e.Text) }),
	count(func(e change1) int { return len(e.Text) }),
	count(func(e change2) int { return len(e.Text) }),
	count(func(e change3) int { return len(e.Text) }),
)

// A projection that catches up over a large stream, against an ordered consumer
// on the same subjects that decodes the same payloads. The metrics are events a
// second of all that were asked for, and how much the heap grew at most; the
// server is another process, for the sake of that.
func BenchmarkCatchUp(b *testing.B) {
	f := fillOn(b, otherProcess(b), benchEvents())
	want := 0
	for i := range f.aggregates * 10 {
		if kindOf(i, f.aggregates) < 4 {
			want++
		}
	}
	var ours, raw side
	var heap uint64
	for b.Loop() {
		ours.time(func() {
			peak := watchHeap(func() {
				state, err := projection.Load(b.Context(), f.store, firstFour)
				require.NoError(b, err)
				require.Equal(b, want, state.Events)
			})
			heap = max(heap, peak)
		})
		raw.time(func() { require.Equal(b, want, f.decodeAll(b, want)) })
	}
	report(b, ours, raw)
	b.ReportMetric(float64(want)/ours.median().Seconds(), "ours-events/s")
	b.ReportMetric(float64(want)/raw.median().Seconds(), "raw-events/s")
	b.ReportMetric(float64(heap)/(1<<20), "heap-MiB")
}

const serverDir = "JETSOURCE_TEST_SERVER"

// otherProcess returns a connection to a server that is this program started
// again.
func otherProcess(b *testing.B) *nats.Conn {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serverDir+"="+b.TempDir())
	in, err := cmd.StdinPipe()
	require.NoError(b, err)
	out, err := cmd.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, cmd.Start())
	b.Cleanup(func() { require.NoError(b, errors.Join(in.Close(), cmd.Wait())) })
	url, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(b, err)
	nc, err := nats.Connect(strings.TrimSpace(url), nats.Timeout(time.Minute))
	require.NoError(b, err)
	b.Cleanup(nc.Close)
	return nc
}

// runServer is that server. It ends with its input.
func runServer(dir string) error {
	srv, err := embedded.Start(embedded.Config{Dir: dir, LazySync: true, Listen: "127.0.0.1:0"})
	if err != nil {
		return err
	}
	fmt.Println(srv.URL())
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, srv.Close())
}

// watchHeap returns the most that the heap grew while f ran.
func watchHeap(f func()) (peak uint64) {
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	runtime.GC()
	base := heap()
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				now := heap()
				peak = max(peak, now-min(base, now))
			case <-stop:
				return
			}
		}
	}()
	f()
	close(stop)
	<-done
	return peak
}

func (f *filled) decodeAll(b *testing.B, want int) (n int) {
	ctx, cancel := context.WithTimeout(b.Context(), 5*time.Minute)
	defer cancel()
	var subjects []string
	for i := range 4 {
		subjects = append(subjects, fmt.Sprintf("%s.document/change%d.*.*", f.cfg.Prefix, i))
	}
	consumer, err := f.js.OrderedConsumer(ctx, f.cfg.Stream, natsjs.OrderedConsumerConfig{FilterSubjects: subjects})
	require.NoError(b, err)
	messages, err := consumer.Messages()
	require.NoError(b, err)
	defer messages.Stop()
	for n < want {
		m, err := messages.Next(natsjs.NextContext(ctx))
		require.NoError(b, err)
		var e change0
		require.NoError(b, json.Unmarshal(m.Data(), &e))
		n++
	}
	return n
}

// From a commit to the state of a live projection, against from a publish to the
// callback of a consumer.
func BenchmarkLiveLatency(b *testing.B) {
	cfg := fresh(1)
	store := openWith[string, core.NoMetadata](b, cfg)
	live := projection.NewLive(store, projection.Define("latency",
		projection.On(func(c *counts, e core.Recorded[unseen, string, uint64, core.NoMetadata]) { c.Events++ })))
	ctx, cancel := context.WithCancel(b.Context())
	var running sync.WaitGroup
	running.Go(func() { require.NoError(b, live.Run(ctx)) })
	defer running.Wait()
	defer cancel()
	require.NoError(b, live.CatchUp(ctx))

	prefix := "raw" + cfg.Prefix
	js := rawStream(b, "RAW"+cfg.Stream, prefix)
	consumer, err := js.CreateConsumer(ctx, "RAW"+cfg.Stream, natsjs.ConsumerConfig{AckPolicy: natsjs.AckNonePolicy})
	require.NoError(b, err)
	arrived := make(chan struct{}, 1)
	consuming, err := consumer.Consume(func(natsjs.Msg) { arrived <- struct{}{} })
	require.NoError(b, err)
	defer consuming.Stop()

	version := core.Version[uint64]{}
	var ours, raw side
	for b.Loop() {
		ours.time(func() {
			at, err := core.CommitEventsOptimistic(ctx, store, account("a"), version, []core.Event{unseen{text}}, core.NoMetadata{})
			require.NoError(b, err)
			version = core.At(at)
			require.NoError(b, live.Wait(ctx, version))
		})
		raw.time(func() {
			_, err := js.Publish(ctx, prefix+".document/changed.account.a", []byte(`{"Text":"`+text+`"}`))
			require.NoError(b, err)
			<-arrived
		})
	}
	report(b, ours, raw)
}

// A wait for a write that the projection filters out.
func BenchmarkWaitForFilteredWrite(b *testing.B) {
	store := openWith[string, core.NoMetadata](b, fresh(1))
	live := projection.NewLive(store, firstFour)
	ctx, cancel := context.WithCancel(b.Context())
	var running sync.WaitGroup
	running.Go(func() { require.NoError(b, live.Run(ctx)) })
	defer running.Wait()
	defer cancel()
	version := core.Version[uint64]{}
	var waits side
	for b.Loop() {
		at, err := core.CommitEventsOptimistic(ctx, store, account("a"), version, []core.Event{unseen{text}}, core.NoMetadata{})
		require.NoError(b, err)
		version = core.At(at)
		waits.time(func() { require.NoError(b, live.Wait(ctx, version)) })
	}
	b.ReportMetric(float64(waits.median().Nanoseconds()), "median-ns")
	b.ReportMetric(float64(slices.Max(waits).Nanoseconds()), "max-ns")
}
