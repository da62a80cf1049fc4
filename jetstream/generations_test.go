package jetstream_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/projection"
	"github.com/jetsource/jetsource/core/reactor"
)

// A reading in its fifth generation: it was text, was renamed, became a number, came in
// pairs for a while, and has a unit today.
type (
	readingV1 struct{ Text string }
	readingV3 struct{ N int }
	readings  struct{ A, B int }
	reading   struct {
		N    int
		Unit string
	}
)

func (readingV3) EventKind() string { return "meter.read.v3" }
func (reading) EventKind() string   { return "meter.read" }

func (reading) EventHistory() core.History {
	return core.History{
		core.Split("meter.read.twice", func(old readings) []core.Event { return []core.Event{readingV3{old.A}, readingV3{old.B}} }),
		core.Was("meter.read.v3", func(old readingV3) reading { return reading{old.N, "kWh"} }),
		core.Renamed("meter.gauged", "meter.counted"),
		core.Was("meter.counted", func(old readingV1) readingV3 {
			var n int
			_, _ = fmt.Sscan(old.Text, &n)
			return readingV3{n}
		}),
	}
}

var generations = []core.Event{
	coretest.Raw{Kind: "meter.counted", JSON: `{"Text":"1"}`},
	coretest.Raw{Kind: "meter.gauged", JSON: `{"Text":"2"}`},
	coretest.Raw{Kind: "meter.read.v3", JSON: `{"N":3}`},
	coretest.Raw{Kind: "meter.read.twice", JSON: `{"A":4,"B":5}`},
	reading{6, "MWh"},
}

type (
	readHere    = core.Recorded[reading, string, uint64, core.NoMetadata]
	followable  = core.SystemStore[string, uint64, core.NoMetadata]
	readingList = []reading
)

// seen is each reading with what tells it from the others, as every reader sees it.
func seen(e reading, commit core.CommitInfo, kind string) string {
	return fmt.Sprintf("%d %s, %s %d.%d", e.N, e.Unit, kind, commit.Index, commit.Part)
}

func TestEachReaderSeesTheSameInFiveGenerationsOfAnEvent(t *testing.T) {
	for name, store := range map[string]followable{
		"memory":    memory.New[string, core.NoMetadata](),
		"jetstream": openWith[string, core.NoMetadata](t, fresh(1)),
	} {
		t.Run(name, func(t *testing.T) { readGenerations(t, store) })
	}
}

func readGenerations(t *testing.T, store followable) {
	key := core.Key[string]{Kind: "meter", ID: "a"}
	last := coretest.Seed(t, store, key, generations...)
	want := []string{
		"1 kWh, meter.counted 0.0", "2 kWh, meter.gauged 1.0", "3 kWh, meter.read.v3 2.0",
		"4 kWh, meter.read.twice 3.1", "5 kWh, meter.read.twice 3.2", "6 MWh, meter.read 4.0",
	}
	list := core.DefineAggregate("meter", core.On(func(l *readingList, e reading) { *l = append(*l, e) }))
	repo := core.NewRepository(store, list)
	state, version, err := repo.Load(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, readingList{{1, "kWh"}, {2, "kWh"}, {3, "kWh"}, {4, "kWh"}, {5, "kWh"}, {6, "MWh"}}, state, "aggregate")
	require.Equal(t, last, version)
	coretest.Given(t, list, generations...).ThenState(state)

	var events []string
	for e, err := range repo.Events(t.Context(), "a") {
		require.NoError(t, err)
		events = append(events, seen(e.Event.(reading), e.Commit, e.Kind))
	}
	require.Equal(t, want, events, "history of the aggregate")

	model := projection.Define("readings", projection.On(func(l *[]string, e readHere) { *l = append(*l, seen(e.Event, e.Commit, e.Kind)) }))
	folded, err := projection.Load(t.Context(), store, model)
	require.NoError(t, err)
	require.Equal(t, want, folded, "projection")
	live := projection.NewLive(store, model)
	coretest.CatchUp(t, live)
	live.View(func(l *[]string) { require.Equal(t, want, *l, "live") })

	var mu sync.Mutex
	var reacted []string
	coretest.CatchUp(t, reactor.NewWorker(store, reactor.Define("reader", reactor.On(func(_ context.Context, e readHere) error {
		mu.Lock()
		defer mu.Unlock()
		reacted = append(reacted, seen(e.Event, e.Commit, e.Kind))
		return nil
	}))).StopAfter(1))
	require.Equal(t, want, reacted, "reactor")
	require.Equal(t, want, decoded(t, store), "Decode of a subscription")
}

// decoded follows the kinds that are a reading, and decodes them.
func decoded(t *testing.T, store followable) (all []string) {
	t.Helper()
	var filters []core.Filter[string, uint64]
	for _, kind := range core.KindsOf[reading]() {
		filters = append(filters, core.Filter[string, uint64]{EventKind: kind})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for stored, err := range store.Subscribe(ctx, filters...) {
		require.NoError(t, err)
		events, err := core.DecodeAll[reading](store, stored)
		require.NoError(t, err)
		for _, e := range events {
			all = append(all, seen(e.Event, e.Commit, e.Kind))
		}
		one, err := core.Decode[reading](store, stored)
		if len(events) == 1 {
			require.NoError(t, err)
			require.Equal(t, events[0].Event, one)
		} else {
			require.ErrorContains(t, err, "it is 2 events of type jetstream_test.reading today")
		}
		if stored.Commit.Index == stored.Commit.Count-1 {
			cancel()
		}
	}
	return all
}
