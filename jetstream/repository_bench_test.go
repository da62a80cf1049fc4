package jetstream_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/jetstream"
)

// revised is an event of about 200 bytes.
type revised struct{ Text string }

func (revised) EventKind() string { return "document.change0" }

var documents = core.DefineAggregate("document", core.On(func(n *int, _ revised) { *n++ }))

// An update, which is to load, decide and commit, of an aggregate of 10 events,
// against a publish of a message with the same headers and size; and the
// requests that it sends.
func BenchmarkUpdateOfTenEvents(b *testing.B) {
	for _, n := range []int{1, 8} {
		b.Run(fmt.Sprintf("of %d kinds", n), func(b *testing.B) { benchUpdate(b, n) })
	}
}

func benchUpdate(b *testing.B, kindsOf int) {
	cfg := fresh(1)
	nc := connect(b, 1)
	store, err := jetstream.Open[string, string](b.Context(), nc, cfg)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, store.Close()) })
	repo := core.NewRepository(store, documents).WithMetadata("ada")
	js := rawStream(b, "RAW"+cfg.Stream, "raw"+cfg.Prefix)
	revise := core.CommandFunc[int](func(int) ([]core.Event, error) { return []core.Event{revised{text}}, nil })

	history := make([]core.Event, 10)
	for i := range history {
		history[i] = coretest.Raw{Kind: kinds[i%kindsOf], JSON: `{"Text":"` + text + `"}`}
	}
	var ours, raw side
	requests, last := uint64(0), uint64(0)
	for i := 0; b.Loop(); i++ {
		id := strconv.Itoa(i)
		for _, e := range history {
			coretest.SeedWith(b, store, core.Key[string]{Kind: "document", ID: id}, "ada", e)
		}
		before := nc.Stats().OutMsgs
		ours.time(func() {
			_, err := repo.Update(b.Context(), id, revise)
			require.NoError(b, err)
		})
		requests += nc.Stats().OutMsgs - before
		raw.time(func() {
			ack, err := js.PublishMsg(b.Context(), &nats.Msg{
				Subject: "raw" + cfg.Prefix + ".document/change0.account.a",
				Header:  rawHeader("raw"+cfg.Prefix, last),
				Data:    []byte(`{"Text":"` + text + `"}`),
			})
			require.NoError(b, err)
			last = ack.Sequence
		})
	}
	report(b, ours, raw)
	b.ReportMetric(float64(requests)/float64(len(ours)), "requests")
}

// Sixteen writers at one counter, each with 500 increments: the time and the
// attempts that one increment takes. The sum is checked.
func BenchmarkContendedUpdate(b *testing.B) {
	const writers, each = 16, 500
	for _, replicas := range []int{1, 3} {
		b.Run(fmt.Sprintf("R%d", replicas), func(b *testing.B) {
			var attempts, increments int64
			for b.Loop() {
				attempts += countTogether(b, replicas, writers, each)
				increments += writers * each
			}
			b.ReportMetric(float64(attempts)/float64(increments), "attempts/increment")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(increments), "ns/increment")
		})
	}
}
