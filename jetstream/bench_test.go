package jetstream_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

// What is timed here is a ratio: ours and the raw client's way take turns on one
// server, for the speed of a machine is another each minute.

// benchEvents is the size of the large stream.
func benchEvents() int {
	if n, err := strconv.Atoi(os.Getenv("JETSOURCE_BENCH_EVENTS")); err == nil {
		return n
	}
	return 1_000_000
}

// kinds are the kinds of a large stream's events.
var kinds = func() (ks []string) {
	for i := range 8 {
		ks = append(ks, fmt.Sprintf("document.change%d", i))
	}
	return ks
}()

var text = strings.Repeat("0123456789", 19)

// side is what one way of doing the same took, each time.
type side []time.Duration

func (s *side) time(f func()) {
	start := time.Now()
	f()
	*s = append(*s, time.Since(start))
}

func (s side) median() time.Duration {
	slices.Sort(s)
	return s[len(s)/2]
}

func report(b *testing.B, ours, raw side) {
	b.ReportMetric(float64(ours.median().Nanoseconds()), "ours-ns")
	b.ReportMetric(float64(raw.median().Nanoseconds()), "raw-ns")
	b.ReportMetric(float64(ours.median())/float64(raw.median()), "ours/raw")
}

// A commit of one event against a publish of a message with the same headers and
// size.
func BenchmarkCommitOfOneEvent(b *testing.B) {
	cfg := fresh(1)
	s := openWith[string, string](b, cfg)
	js := rawStream(b, "RAW"+cfg.Stream, "raw"+cfg.Prefix)
	version := core.Version[uint64]{}
	last := uint64(0)
	var ours, raw side
	for i := 0; b.Loop(); i++ {
		ours.time(func() {
			at, err := core.CommitEventsOptimistic(b.Context(), s, account("a"), version, []core.Event{unseen{text}}, "ada")
			require.NoError(b, err)
			version = core.At(at)
		})
		raw.time(func() {
			ack, err := js.PublishMsg(b.Context(), &nats.Msg{
				Subject: "raw" + cfg.Prefix + ".document/changed.account.a",
				Header:  rawHeader("raw"+cfg.Prefix, last),
				Data:    []byte(`{"Text":"` + text + `"}`),
			})
			require.NoError(b, err)
			last = ack.Sequence
		})
	}
	report(b, ours, raw)
}

// unseen is an event of one kind.
type unseen struct{ Text string }

func (unseen) EventKind() string { return "document.changed" }

func rawHeader(prefix string, last uint64) nats.Header {
	return nats.Header{
		"Content-Type":                        {"application/json"},
		"Es-Commit":                           {fmt.Sprintf("ABCDEFGHIJKLMNOPQRSTUVWXYZ 0 0/1 1 %d", last)},
		"Es-Metadata":                         {`"ada"`},
		"Nats-Expected-Last-Subject-Sequence": {strconv.FormatUint(last, 10)},
		"Nats-Expected-Last-Subject-Sequence-Subject": {prefix + ".*.account.a"},
	}
}

func rawStream(b *testing.B, name, prefix string) natsjs.JetStream {
	js, err := natsjs.New(connect(b, 1))
	require.NoError(b, err)
	_, err = js.CreateStream(b.Context(), natsjs.StreamConfig{
		Name: name, Subjects: []string{prefix + ".*.*.*"}, AllowDirect: true, AllowAtomicPublish: true,
		DenyDelete: true, DenyPurge: true, Discard: natsjs.DiscardNew,
	})
	require.NoError(b, err)
	return js
}

// The load of an aggregate of 10 events of 8 kinds, in a small stream and in a
// large one, against an ordered consumer on the aggregate's wildcard subject.
func BenchmarkLoadOfTenEvents(b *testing.B) {
	small, large := fill(b, 1000), fill(b, benchEvents())
	b.Run("in 1000 events", func(b *testing.B) { benchLoad(b, small, 50) })
	b.Run(fmt.Sprintf("in %d events", benchEvents()), func(b *testing.B) { benchLoad(b, large, 3) })
	b.Run(fmt.Sprintf("in %d against 1000 events", benchEvents()), func(b *testing.B) {
		var ours, raw side
		for i := 0; b.Loop(); i++ {
			ours.time(func() { require.Equal(b, 10, large.load(b, i)) })
			raw.time(func() { require.Equal(b, 10, small.load(b, i)) })
		}
		report(b, ours, raw)
	})
}

func benchLoad(b *testing.B, f *filled, consumers int) {
	var ours, raw side
	for i := 0; b.Loop(); i++ {
		ours.time(func() { require.Equal(b, 10, f.load(b, i)) })
		if i < consumers { // they are slow, and linger at the server
			raw.time(func() { require.Equal(b, 10, f.consume(b, i)) })
		}
	}
	report(b, ours, raw)
}

// filled is a store with many aggregates of 10 events each, the events of one
// as far from each other as the stream allows.
type filled struct {
	cfg        jetstream.Config
	store      *jetstream.Store[string, core.NoMetadata]
	js         natsjs.JetStream
	aggregates int
}

func fill(b *testing.B, events int) *filled { return fillOn(b, connect(b, 1), events) }

func fillOn(b *testing.B, nc *nats.Conn, events int) *filled {
	cfg := fresh(1)
	store, err := jetstream.Open[string, core.NoMetadata](b.Context(), nc, cfg)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, store.Close()) })
	f := &filled{cfg: cfg, store: store, aggregates: events / 10}
	f.js, err = natsjs.New(nc, natsjs.WithPublishAsyncMaxPending(4096))
	require.NoError(b, err)
	for i := range f.aggregates * 10 {
		previous := max(0, i+1-f.aggregates)
		publishChange(b, f.js, fmt.Sprintf("%s.document/change%d.document.%s", cfg.Prefix, kindOf(i, f.aggregates), f.id(i%f.aggregates)), i, previous)
	}
	<-f.js.PublishAsyncComplete()
	v, err := f.store.LatestVersion(b.Context())
	require.NoError(b, err)
	require.Equal(b, core.At(uint64(f.aggregates*10)), v)
	return f
}

// publishChange publishes event i of a filled stream, without waiting for its ack.
func publishChange(b *testing.B, js natsjs.JetStream, subject string, i, previous int) {
	b.Helper()
	_, err := js.PublishMsgAsync(&nats.Msg{
		Subject: subject,
		Header: nats.Header{
			"Content-Type": {"application/json"},
			"Es-Commit":    {fmt.Sprintf("C%d 0 0/1 1 %d", i, previous)},
		},
		Data: []byte(`{"Text":"` + text + `"}`),
	}, natsjs.WithStallWait(time.Minute))
	require.NoError(b, err)
}

func (f *filled) id(i int) string { return fmt.Sprintf("doc-%d", i*7919%f.aggregates) }

func (f *filled) load(b *testing.B, i int) (n int) {
	key := core.Key[string]{Kind: "document", ID: f.id(i % f.aggregates)}
	for _, err := range f.store.LoadEvents(b.Context(), core.Filter[string, uint64]{Aggregate: &key}) {
		require.NoError(b, err)
		n++
	}
	return n
}

func (f *filled) consume(b *testing.B, i int) (n int) {
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	consumer, err := f.js.OrderedConsumer(ctx, f.cfg.Stream, natsjs.OrderedConsumerConfig{
		FilterSubjects: []string{f.cfg.Prefix + ".*.document." + f.id(i%f.aggregates)},
	})
	require.NoError(b, err)
	messages, err := consumer.Messages()
	require.NoError(b, err)
	defer messages.Stop()
	for {
		m, err := messages.Next(natsjs.NextContext(ctx))
		require.NoError(b, err)
		n++
		meta, err := m.Metadata()
		require.NoError(b, err)
		if meta.NumPending == 0 {
			return n
		}
	}
}

// kindOf is the kind of the i-th event: those of an aggregate are of all kinds,
// and so are those next to each other in the stream.
func kindOf(i, aggregates int) int { return (i/aggregates + i%aggregates) % 8 }
