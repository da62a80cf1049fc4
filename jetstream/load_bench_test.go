package jetstream_test

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

// BenchmarkLoads loads aggregates that differ in their number of events, in the kinds
// of these, and in how far apart they are in the stream: next to each other, or each
// as far from the next as the stream allows. The metric is ns for a load.
func BenchmarkLoads(b *testing.B) {
	for _, events := range []int{10, 100, 1000} {
		for _, far := range []bool{false, true} {
			place := map[bool]string{false: "adjacent", true: "far apart"}[far]
			b.Run(fmt.Sprintf("%d events %s", events, place), func(b *testing.B) {
				l := fillLoads(b, events, far)
				for i, kinds := range kindCounts {
					for _, loaders := range []int{1, 8, 64} {
						b.Run(fmt.Sprintf("%d kinds, %d loaders", kinds, loaders), func(b *testing.B) { l.run(b, i, loaders) })
					}
				}
			})
		}
	}
}

// kindCounts are how many kinds the events of an aggregate have, by its number modulo
// their length.
var kindCounts = []int{1, 2, 4, 8}

// loads is a store with many aggregates of one size.
type loads struct {
	store      *jetstream.Store[string, core.NoMetadata]
	aggregates int
	events     int
}

// loadEvents is the size of the streams that are loaded from.
func loadEvents() int {
	if n, err := strconv.Atoi(os.Getenv("JETSOURCE_BENCH_EVENTS")); err == nil {
		return n
	}
	return 300_000
}

func fillLoads(b *testing.B, events int, far bool) *loads {
	cfg := fresh(1)
	l := &loads{store: openWith[string, core.NoMetadata](b, cfg), aggregates: loadEvents() / events, events: events}
	js, err := natsjs.New(connect(b, 1), natsjs.WithPublishAsyncMaxPending(4096))
	require.NoError(b, err)
	for i := range l.aggregates * events {
		aggregate, event, previous := i/events, i%events, i
		if far {
			aggregate, event, previous = i%l.aggregates, i/l.aggregates, i+1-l.aggregates
		}
		if event == 0 {
			previous = 0
		}
		publishChange(b, js, fmt.Sprintf("%s.document/change%d.document.%d", cfg.Prefix, event%kindCounts[aggregate%len(kindCounts)], aggregate), i, previous)
	}
	<-js.PublishAsyncComplete()
	return l
}

// run loads the aggregates that have a number of kinds, in no order.
func (l *loads) run(b *testing.B, kinds, loaders int) {
	var next atomic.Int64
	load := func() {
		n := int(next.Add(1)) * 7919 % (l.aggregates / len(kindCounts))
		key := core.Key[string]{Kind: "document", ID: strconv.Itoa(n*len(kindCounts) + kinds)}
		loaded := 0
		for _, err := range l.store.LoadEvents(b.Context(), core.Filter[string, uint64]{Aggregate: &key}) {
			if err != nil {
				b.Error(err)
			}
			loaded++
		}
		if loaded != l.events {
			b.Errorf("loaded %d events", loaded)
		}
	}
	for range 100 {
		load() // the blocks of the stream are in the server's cache then
	}
	b.ReportAllocs()
	b.ResetTimer()
	var left atomic.Int64
	left.Store(int64(b.N))
	var running sync.WaitGroup
	for range loaders {
		running.Go(func() {
			for left.Add(-1) >= 0 {
				load()
			}
		})
	}
	running.Wait()
}
