package sealed_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/codec/sealed"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/kvkeys"
)

// open is an event as registered, in clear text.
type open struct{ Customer, Email, Name, Country string }

func (open) EventKind() string { return "customer.open" }

type state struct{ n int }

var benchAggregate = core.DefineAggregate("customer",
	core.On(func(s *state, e registered) { s.n += len(e.Email) }),
	core.On(func(s *state, e open) { s.n += len(e.Email) }),
)

// BenchmarkSealedOverClear commits and loads an event with two sealed fields, and one without,
// in turns: the ratio of the medians is reported.
func BenchmarkSealedOverClear(b *testing.B) {
	nc, err := nats.Connect("", nats.InProcessServer(server), nats.Timeout(time.Minute))
	require.NoError(b, err)
	defer nc.Close()
	n := stores.Add(1)
	keys, err := kvkeys.Open(b.Context(), nc, kvkeys.Config{Bucket: fmt.Sprint("KEYS", n)})
	require.NoError(b, err)
	c, err := sealed.New(keys, sealed.Config{})
	require.NoError(b, err)
	repository := func(name string, c codec.Codec) *core.Repository[state, string, uint64, core.NoMetadata] {
		store, err := jetstream.Open[string, core.NoMetadata](b.Context(), nc, jetstream.Config{
			Stream: fmt.Sprint(name, n), Prefix: fmt.Sprint(name, n), Codec: c,
		})
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, store.Close()) })
		return core.NewRepository(store, benchAggregate)
	}
	plain, sealing := repository("clear", codec.JSON), repository("sealed", c)
	decide := func(e core.Event) core.Command[state] {
		return core.CommandFunc[state](func(state) ([]core.Event, error) { return []core.Event{e}, nil })
	}
	id := func(i int) string { return fmt.Sprint("C-", i) }
	email, name := "ada.lovelace@example.com", "Ada Lovelace"
	inClear := func(i int) error {
		_, err := plain.Create(b.Context(), id(i), decide(open{id(i % 100), email, name, "GB"}))
		return err
	}
	inSeal := func(i int) error {
		_, err := sealing.Create(b.Context(), id(i), decide(registered{id(i % 100), email, name, "GB"}))
		return err
	}
	for i := range 100 {
		require.NoError(b, inClear(i))
		require.NoError(b, inSeal(i))
	}
	compare(b, "commit", inClear, inSeal)
	compare(b, "load", func(i int) error {
		_, _, err := plain.Load(b.Context(), id(i%100))
		return err
	}, func(i int) error {
		_, _, err := sealing.Load(b.Context(), id(i%100))
		return err
	})
}

// compare reports the medians of two functions, which are called in turns.
func compare(b *testing.B, what string, plain, sealing func(i int) error) {
	b.Run(what, func(b *testing.B) {
		var times [2][]time.Duration
		base := int(stores.Add(1)) << 32
		for i := range b.N {
			for side, call := range []func(int) error{plain, sealing} {
				begun := time.Now()
				require.NoError(b, call(base+i))
				times[side] = append(times[side], time.Since(begun))
			}
		}
		medians := [2]float64{}
		for side := range times {
			slices.Sort(times[side])
			medians[side] = float64(times[side][b.N/2].Nanoseconds())
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(medians[0]/1000, "clear-µs")
		b.ReportMetric(medians[1]/1000, "sealed-µs")
		b.ReportMetric(medians[1]/medians[0], "ratio")
	})
}

// BenchmarkCodec is what sealing costs without a server.
func BenchmarkCodec(b *testing.B) {
	c, err := sealed.New(new(sealed.MemoryKeys), sealed.Config{})
	require.NoError(b, err)
	e := registered{"C-1", "ada.lovelace@example.com", "Ada Lovelace", "GB"}
	o := open(e)
	data, err := c.MarshalKind(kind, e)
	require.NoError(b, err)
	clear, err := codec.JSON.Marshal(o)
	require.NoError(b, err)
	for _, bench := range []struct {
		name string
		run  func() error
	}{
		{"seal", func() error { _, err := c.MarshalKind(kind, e); return err }},
		{"open", func() error { return c.UnmarshalKind(kind, data, new(registered)) }},
		{"marshal clear", func() error { _, err := codec.JSON.Marshal(o); return err }},
		{"unmarshal clear", func() error { return codec.JSON.Unmarshal(clear, new(open)) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := bench.run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
