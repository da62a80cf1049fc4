package jetstream_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

// any is an event of whatever kind and size a test wants.
type anyEvent struct {
	kind string
	N    int
	Pad  string `json:",omitempty"`
}

func (e anyEvent) EventKind() string { return e.kind }

// anything encodes anyEvent, whose kind is not part of it.
type anything struct{ codec.Codec }

func (anything) Marshal(v any) ([]byte, error) {
	e := v.(anyEvent)
	return fmt.Appendf(nil, `{"N":%d,"Pad":%q}`, e.N, e.Pad), nil
}

// openAny is a store of any events.
func openAny(t testing.TB, cfg jetstream.Config) *plainStore {
	t.Helper()
	cfg.Codec = anything{codec.JSON}
	return openWith[string, core.NoMetadata](t, cfg)
}

// grow commits n events, of so many kinds in turn, in commits of 500.
func grow(t testing.TB, s *plainStore, key core.Key[string], n, kinds int, pad string) {
	t.Helper()
	for from := 0; from < n; from += 500 {
		var events []core.Event
		for i := from; i < min(from+500, n); i++ {
			events = append(events, anyEvent{fmt.Sprintf("kind-%04d", i%kinds), i, pad})
		}
		_, err := core.CommitEvents(t.Context(), s, key, events, core.NoMetadata{})
		require.NoError(t, err)
	}
}

// inOrder checks that events are number from to number to-1, in order.
func inOrder(t testing.TB, events []plainEvent, from, to int) {
	t.Helper()
	require.Len(t, events, to-from)
	for i, e := range events {
		if !bytes.HasPrefix(e.Data, fmt.Appendf(nil, `{"N":%d,`, from+i)) {
			require.FailNow(t, "out of order", "event %d is %.30s", from+i, e.Data)
		}
	}
}

// A read of some kinds of an aggregate has no chain to check, so it must be
// right by itself, while commits of those kinds go on.
func TestReadOfSomeKindsSeesWholeCommits(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		t.Run(fmt.Sprint(replicas, " replicas"), func(t *testing.T) {
			t.Parallel()
			cfg := fresh(replicas)
			cfg.Memory = true
			s := openAny(t, cfg)
			key := account("a")
			grow(t, s, key, 8, 4, "")
			done := make(chan struct{})
			var writer sync.WaitGroup
			writer.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
						grow(t, s, key, 4, 4, "")
					}
				}
			})
			defer writer.Wait()
			defer close(done)
			for range soak(40, 200) {
				seen := make(map[string]int)
				for _, e := range load(t, s,
					core.Filter[string, uint64]{Aggregate: &key, EventKind: "kind-0000"},
					core.Filter[string, uint64]{Aggregate: &key, EventKind: "kind-0001"},
					core.Filter[string, uint64]{Aggregate: &key, EventKind: "kind-0003"}) {
					seen[e.Kind]++
				}
				require.Equal(t, seen["kind-0000"], seen["kind-0001"])
				require.Equal(t, seen["kind-0000"], seen["kind-0003"])
			}
		})
	}
}

// Concurrent commits do not make a reader read again.
func TestReadOfAnAggregateEndsAtItsHead(t *testing.T) {
	t.Parallel()
	cfg := fresh(1)
	cfg.Memory = true
	s := openAny(t, cfg)
	key := account("a")
	grow(t, s, key, 1200, 3, "")
	for n := 1200; n < 1220; n += 2 {
		var events []plainEvent
		for e, err := range s.LoadEvents(t.Context(), of(key)) {
			if err != nil || len(events) == 0 {
				require.NoError(t, err)
				_, err := core.CommitEvents(t.Context(), s, key, []core.Event{anyEvent{"kind-0000", n, ""}, anyEvent{"kind-0001", n + 1, ""}}, core.NoMetadata{})
				require.NoError(t, err)
			}
			events = append(events, e)
		}
		inOrder(t, events, 0, n)
	}
}

func TestLargeAggregateIsReadInPages(t *testing.T) {
	t.Parallel()
	for _, kinds := range []int{1, 8} {
		cfg := fresh(1)
		cfg.Memory = true
		s := openAny(t, cfg)
		grow(t, s, account("large"), 2100, kinds, "")
		events := load(t, s, of(account("large")))
		inOrder(t, events, 0, 2100)
		for _, at := range []int{500, 2099} {
			f := of(account("large"))
			f.From = core.At(events[at].Position)
			inOrder(t, load(t, s, f), at, 2100)
			f.After = core.At(events[at].Position)
			inOrder(t, load(t, s, f), at+1, 2100)
		}
	}
}

func TestLargeEventsAreReadInPages(t *testing.T) {
	t.Parallel()
	for _, kinds := range []int{1, 8, 120} {
		cfg := fresh(1)
		cfg.Memory = true
		s := openAny(t, cfg)
		grow(t, s, account("heavy"), 80, kinds, strings.Repeat("x", 100<<10))
		inOrder(t, load(t, s, of(account("heavy"))), 0, 80)
	}
}

func TestAggregateMayHaveManyKinds(t *testing.T) {
	cfg := fresh(1)
	cfg.Memory = true
	s := openAny(t, cfg)
	grow(t, s, account("many"), 900, 300, "")
	inOrder(t, load(t, s, of(account("many"))), 0, 900)
	grow(t, s, account("most"), 2048, 1024, "")
	inOrder(t, load(t, s, of(account("most"))), 0, 2048)
}

func TestTooManyKindsAreATypedError(t *testing.T) {
	cfg := fresh(1)
	cfg.Memory = true
	s := openAny(t, cfg)
	grow(t, s, account("beyond"), 1100, 1100, "")
	var read *jetstream.ReadError
	n := 0
	for _, err := range s.LoadEvents(t.Context(), of(account("beyond"))) {
		require.ErrorAs(t, err, &read)
		require.Equal(t, 413, read.Status)
		n++
	}
	require.Equal(t, 1, n)
}

func consumers(t testing.TB, nc *nats.Conn, stream string) int {
	return streamInfo(t, nc, stream).State.Consumers
}

func TestBrokenLoopLeavesNoConsumer(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		cfg := fresh(replicas)
		cfg.Memory = true
		s := openAny(t, cfg)
		grow(t, s, account("a"), 2000, 3, "")
		nc := connect(t, replicas)
		filters := map[string][]core.Filter[string, uint64]{
			"all":       {{}},
			"a kind":    {{EventKind: "kind-0001"}},
			"aggregate": {of(account("a"))},
			"merged":    {of(account("a")), of(account("b")), {EventKind: "kind-0002"}},
		}
		for name, f := range filters {
			for _, stop := range []int{1, 2, 600} {
				n := 0
				for _, err := range s.LoadEvents(t.Context(), f...) {
					if err != nil {
						require.NoError(t, err, name)
					}
					if n++; n == stop {
						break
					}
				}
				require.Equal(t, stop, n, name)
			}
			ctx, cancel := context.WithCancel(t.Context())
			last, n := error(nil), 0

			for _, err := range s.LoadEvents(ctx, f...) {
				if n++; n == 10 {
					cancel()
				}
				last = err
			}
			cancel()
			if last != nil {
				require.ErrorIs(t, last, context.Canceled, name)
			}
			eventually(t, func() bool { return consumers(t, nc, cfg.Stream) == 0 }, name+" leaves no consumer")
		}
	}
}

func TestManyReadersShareAConnection(t *testing.T) {
	cfg := fresh(1)
	cfg.Memory = true
	s := openAny(t, cfg)
	grow(t, s, account("large"), 20_000, 4, "")
	for i := range 64 {
		grow(t, s, account(fmt.Sprint("small-", i)), 20+i, 3, "")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var readers sync.WaitGroup
	for i := range 64 {
		readers.Go(func() {
			for range 5 {
				n := 0
				for _, err := range s.LoadEvents(ctx, of(account(fmt.Sprint("small-", i)))) {
					if err != nil {
						t.Errorf("small %d: %v", i, err)
						return
					}
					n++
				}
				if n != 20+i {
					t.Errorf("small %d has %d events", i, n)
				}
			}
		})
	}
	inOrder(t, load(t, s, of(account("large"))), 0, 20_000)
	readers.Wait()
}

// What is wanted by no filter cannot be an error of a read, whichever way the
// store finds to read it.
func TestPositionBeyondTheEndHasNoEvents(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		s := openAny(t, fresh(replicas))
		key := account("a")
		for range 2 {
			for _, far := range []uint64{1, 5, 1 << 40, ^uint64(0) - 1, ^uint64(0)} {
				beyond := core.At(far + 10)
				if far+10 < far {
					beyond = core.At(far)
				}
				require.Empty(t, load(t, s,
					core.Filter[string, uint64]{Aggregate: &key, From: beyond},
					core.Filter[string, uint64]{EventKind: "kind-0000", After: beyond}))
				require.Empty(t, load(t, s, core.Filter[string, uint64]{Aggregate: &key, From: beyond}))
				require.Empty(t, load(t, s, core.Filter[string, uint64]{Aggregate: &key, EventKind: "kind-0000", After: beyond}))
				require.Empty(t, load(t, s, core.Filter[string, uint64]{From: beyond}))
			}
			grow(t, s, key, 5, 2, "")
		}
	}
}

// An aggregate whose events lie far apart is read like any other, from any position and
// of any kinds: see the reader, which goes backwards there.
func TestAggregateOfEventsFarApartIsRead(t *testing.T) {
	t.Parallel()
	for _, kinds := range []int{1, 3} {
		cfg := fresh(1)
		cfg.Memory = true
		s := openAny(t, cfg)
		key := account("rare")
		for n := range 8 {
			events := []core.Event{anyEvent{fmt.Sprintf("kind-%04d", n%kinds), 2 * n, ""}, anyEvent{fmt.Sprintf("kind-%04d", (n+1)%kinds), 2*n + 1, ""}}
			_, err := core.CommitEvents(t.Context(), s, key, events, core.NoMetadata{})
			require.NoError(t, err)
			grow(t, s, account("other"), 1500, 1, "")
		}
		for range 20 { // until the round trip is known
			inOrder(t, load(t, s, of(key)), 0, 16)
		}
		for at, e := range load(t, s, of(key)) {
			f := of(key)
			f.From = core.At(e.Position)
			inOrder(t, load(t, s, f), at, 16)
			f.After = core.At(e.Position)
			inOrder(t, load(t, s, f), at+1, 16)
		}
	}
}
