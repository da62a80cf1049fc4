package kvsnapshot_test

import (
	"encoding/json"
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
	"github.com/jetsource/jetsource/kvsnapshot"
)

const (
	benchAggregate = 10_000 // events of the aggregate that is loaded
	benchKinds     = 8      // of events
)

// benchEvents is the number of other events in the stream.
func benchEvents() int {
	if n, err := strconv.Atoi(os.Getenv("JETSOURCE_BENCH_EVENTS")); err == nil {
		return n
	}
	return 1_000_000
}

// BenchmarkLoadFromSnapshot compares the load of an aggregate of 10,000 events,
// with a snapshot at the last one, with the two requests that it needs at least,
// sent by nats.go: the get of a key, and a batched direct get of the event at the
// snapshot's position. It alternates between the two, as the speed of a machine
// changes over time.
func BenchmarkLoadFromSnapshot(b *testing.B) {
	for _, c := range []kvsnapshot.Compression{kvsnapshot.NoCompression, kvsnapshot.S2, kvsnapshot.Zstd} {
		if c == kvsnapshot.NoCompression {
			b.Run(fmt.Sprintf("in %d events", benchEvents()), func(b *testing.B) { benchLoad(b, c, benchEvents()) })
		}
		b.Run("in 1000 events, "+c.String(), func(b *testing.B) { benchLoad(b, c, 1000) })
	}
}

func benchLoad(b *testing.B, c kvsnapshot.Compression, others int) {
	nc := connect(b, 1)
	events := fill(b, others)
	cfg := newConfig(1)
	cfg.Compression = c
	store := openEventsOver(b, nc, events)
	repo := core.NewRepository(store, wallets).WithSnapshots(openOver(b, nc, cfg))
	last, err := repo.Update(b.Context(), "big", emit(paid{1}))
	require.NoError(b, err)
	raw := newRawLoad(b, cfg, events, last)
	raw.key = "aggregate.wallet.big.0." + store.StoreID()
	var ours, raws []time.Duration
	requests := uint64(0)
	for b.Loop() {
		before, start := nc.Stats().OutMsgs, time.Now()
		state, at, err := repo.Load(b.Context(), "big")
		ours = append(ours, time.Since(start))
		requests += nc.Stats().OutMsgs - before
		require.NoError(b, err)
		require.Equal(b, last, at)
		require.Equal(b, benchAggregate, state.Seen["wallet.paid"])
		start = time.Now()
		raw.load(b)
		raws = append(raws, time.Since(start))
	}
	b.ReportMetric(float64(median(ours).Nanoseconds()), "ours-ns")
	b.ReportMetric(float64(median(raws).Nanoseconds()), "raw-ns")
	b.ReportMetric(float64(median(ours))/float64(median(raws)), "ours/raw")
	b.ReportMetric(float64(requests)/float64(len(ours)), "requests/load")
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}

// fill writes the events of the aggregate but the last, spread evenly among the
// others.
func fill(b *testing.B, others int) jetstream.Config {
	cfg := newEventsConfig(1)
	openEvents(b, cfg)
	js, err := natsjs.New(connect(b, 1), natsjs.WithPublishAsyncMaxPending(4096))
	require.NoError(b, err)
	publish := func(subject string, previous int, data string) {
		_, err := js.PublishMsgAsync(&nats.Msg{
			Subject: cfg.Prefix + "." + subject,
			Header: nats.Header{
				"Content-Type": {"application/json"},
				"Es-Commit":    {fmt.Sprintf("C%s 0 0/1 %d", strings.ReplaceAll(subject, ".", "-"), previous)},
			},
			Data: []byte(data),
		})
		require.NoError(b, err)
	}
	text := fmt.Sprintf(`{"Text":%q}`, strings.Repeat("0123456789", 19))
	sequence, previous, other := 0, 0, 0
	for i := range benchAggregate - 1 {
		publish("wallet/paid.wallet.big", previous, `{"Amount":1}`)
		sequence++
		previous = sequence
		for ; other < others*(i+1)/(benchAggregate-1); other++ {
			publish(fmt.Sprintf("document/change%d.document.doc-%d", other%benchKinds, other), 0, text)
			sequence++
		}
	}
	<-js.PublishAsyncComplete()
	return cfg
}

// rawLoad sends the two requests by nats.go.
type rawLoad struct {
	nc      *nats.Conn
	kv      natsjs.KeyValue
	answers *nats.Subscription
	key     string // of the snapshot
	subject string
	request []byte
}

func newRawLoad(b *testing.B, cfg kvsnapshot.Config, events jetstream.Config, last core.Version[uint64]) *rawLoad {
	nc := connect(b, 1)
	kv, err := streams(b, nc).KeyValue(b.Context(), cfg.Bucket)
	require.NoError(b, err)
	answers, err := nc.SubscribeSync(nc.NewInbox())
	require.NoError(b, err)
	at, _ := last.Position()
	request, err := json.Marshal(map[string]any{"seq": at, "next_by_subj": events.Prefix + ".wallet/paid.wallet.big", "batch": 500})
	require.NoError(b, err)
	return &rawLoad{nc: nc, kv: kv, answers: answers, subject: "$JS.API.DIRECT.GET." + events.Stream, request: request}
}

func (r *rawLoad) load(b *testing.B) {
	e, err := r.kv.Get(b.Context(), r.key)
	require.NoError(b, err)
	require.NotEmpty(b, e.Value())
	require.NoError(b, r.nc.PublishRequest(r.subject, r.answers.Subject, r.request))
	for count := 0; ; count++ {
		m, err := r.answers.NextMsg(10 * time.Second)
		require.NoError(b, err)
		if m.Header.Get("Status") == "204" {
			require.Equal(b, 1, count)
			return
		}
	}
}
