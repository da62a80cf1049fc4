package jetstream_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

const (
	allKinds     = 16
	kindsOfEach  = 2 // kinds that an aggregate has
	eventsOfKind = 5 // events of each of them
)

// BenchmarkKinds reads some of 16 kinds of a stream, where each aggregate has several
// events of two kinds, against a consumer of the whole stream that drops the rest.
// JETSOURCE_BENCH_EVENTS is the size of the stream.
func BenchmarkKinds(b *testing.B) {
	k := fillKinds(b, loadEvents())
	for _, n := range []int{1, 2, 4, 5, 7, 8, 16} {
		for name, read := range map[string]func(*testing.B, []core.Filter[string, uint64], int){"LoadEvents": k.load, "Subscribe": k.subscribe} {
			b.Run(fmt.Sprintf("%s of %d of %d", name, n, allKinds), func(b *testing.B) {
				var filters []core.Filter[string, uint64]
				for i := range n {
					filters = append(filters, core.Filter[string, uint64]{EventKind: fmt.Sprintf("thing.changed%d", i)})
				}
				want := k.events / allKinds * n
				var ours, raw side
				for b.Loop() {
					ours.time(func() { read(b, filters, want) })
					raw.time(func() { k.dropRest(b, n, want) })
				}
				report(b, ours, raw)
				b.ReportMetric(float64(want)/ours.median().Seconds(), "events/s")
			})
		}
	}
}

// manyKinds is a stream of events of 16 kinds.
type manyKinds struct {
	cfg    jetstream.Config
	store  *plainStore
	js     natsjs.JetStream
	events int
}

func fillKinds(b *testing.B, events int) *manyKinds {
	const each = kindsOfEach * eventsOfKind
	aggregates := events / (each * allKinds) * allKinds
	k := &manyKinds{cfg: fresh(1), events: aggregates * each}
	k.store = openWith[string, core.NoMetadata](b, k.cfg)
	var err error
	k.js, err = natsjs.New(connect(b, 1), natsjs.WithPublishAsyncMaxPending(4096))
	require.NoError(b, err)
	for i := range k.events {
		aggregate, event := i%aggregates, i/aggregates
		kind := (aggregate*kindsOfEach + event%kindsOfEach) % allKinds
		publishChange(b, k.js, fmt.Sprintf("%s.thing/changed%d.thing.%d", k.cfg.Prefix, kind, aggregate), i, max(0, i+1-aggregates))
	}
	<-k.js.PublishAsyncComplete()
	return k
}

func (k *manyKinds) load(b *testing.B, filters []core.Filter[string, uint64], want int) {
	n := 0
	for _, err := range k.store.LoadEvents(b.Context(), filters...) {
		if err != nil {
			require.NoError(b, err)
		}
		n++
	}
	require.Equal(b, want, n)
}

func (k *manyKinds) subscribe(b *testing.B, filters []core.Filter[string, uint64], want int) {
	n := 0
	for _, err := range k.store.Subscribe(b.Context(), filters...) {
		if err != nil {
			require.NoError(b, err)
		}
		if n++; n == want {
			return
		}
	}
}

// dropRest reads the whole stream by a plain consumer.
func (k *manyKinds) dropRest(b *testing.B, kinds, want int) {
	wanted := make(map[string]bool)
	for i := range kinds {
		wanted[fmt.Sprintf("thing/changed%d", i)] = true
	}
	consumer, err := k.js.OrderedConsumer(b.Context(), k.cfg.Stream, natsjs.OrderedConsumerConfig{})
	require.NoError(b, err)
	var n, all atomic.Int64
	done := make(chan struct{})
	consuming, err := consumer.Consume(func(m natsjs.Msg) {
		if kind := strings.Split(m.Subject(), ".")[1]; wanted[kind] {
			n.Add(1)
		}
		if all.Add(1) == int64(k.events) {
			close(done)
		}
	})
	require.NoError(b, err)
	<-done
	consuming.Stop()
	require.EqualValues(b, want, n.Load())
}
