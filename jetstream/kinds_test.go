package jetstream_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/projection"
	"github.com/jetsource/jetsource/jetstream"
)

type plainFilter = core.Filter[string, uint64]

// place is what a model knows of an event.
type place struct {
	Position uint64
	Key      core.Key[string]
	Kind     string
	Data     string
}

func placeOf(e plainEvent) place { return place{e.Position, e.Key, e.Kind, string(e.Data)} }

// modelLog commits random events, and knows what it has committed.
type modelLog struct {
	store      *plainStore
	rng        *rand.Rand
	kinds      int
	aggregates int

	mu  sync.Mutex
	log []place // guarded by mu
}

func (l *modelLog) kind(i int) string { return fmt.Sprintf("kind-%04d", i) }

func (l *modelLog) key(i int) core.Key[string] { return account(fmt.Sprint("a-", i)) }

// commit commits up to a number of events to a random aggregate.
func (l *modelLog) commit(t testing.TB, most int) {
	t.Helper()
	key, n := l.key(l.rng.IntN(l.aggregates)), 1+l.rng.IntN(most)
	events := make([]core.Event, n)
	for i := range events {
		events[i] = anyEvent{l.kind(l.rng.IntN(l.kinds)), l.rng.IntN(1 << 30), ""}
	}
	at, err := core.CommitEvents(t.Context(), l.store, key, events, core.NoMetadata{})
	require.NoError(t, err)
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, e := range events {
		e := e.(anyEvent)
		l.log = append(l.log, place{at - uint64(n-1-i), key, e.kind, fmt.Sprintf(`{"N":%d,"Pad":""}`, e.N)})
	}
}

func (l *modelLog) fill(t testing.TB, events int) {
	t.Helper()
	for upTo := l.end() + uint64(events); l.end() < upTo; {
		l.commit(t, min(200, int(upTo-l.end())))
	}
}

func (l *modelLog) end() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return uint64(len(l.log))
}

// selected is what filters select of the model, found one event after the other.
func (l *modelLog) selected(filters []plainFilter) []place {
	l.mu.Lock()
	defer l.mu.Unlock()
	places := []place{}
	for _, p := range l.log {
		if slices.ContainsFunc(filters, func(f plainFilter) bool {
			after, _ := f.After.Position()
			from, _ := f.From.Position()
			return (f.EventKind == "" || f.EventKind == p.Kind) && (f.Aggregate == nil || *f.Aggregate == p.Key) &&
				p.Position > after && p.Position >= from
		}) {
			places = append(places, p)
		}
	}
	return places
}

// lastOf returns the position of the last event that filters select; 0 if there is
// none.
func (l *modelLog) lastOf(filters []plainFilter) uint64 {
	selected := l.selected(filters)
	if len(selected) == 0 {
		return 0
	}
	return selected[len(selected)-1].Position
}

// ofKinds returns filters of so many kinds, from the beginning.
func (l *modelLog) ofKinds(n int) []plainFilter {
	filters := make([]plainFilter, n)
	for i, kind := range l.rng.Perm(l.kinds)[:n] {
		filters[i].EventKind = l.kind(kind)
	}
	return filters
}

// random returns filters of so many kinds from random positions, sometimes with
// some of aggregates beside them.
func (l *modelLog) random(n int) []plainFilter {
	filters := l.ofKinds(n)
	if l.rng.IntN(3) == 0 {
		for range 1 + l.rng.IntN(3) {
			f := of(l.key(l.rng.IntN(l.aggregates)))
			if l.rng.IntN(2) == 0 {
				f.EventKind = l.kind(l.rng.IntN(l.kinds))
			}
			filters = append(filters, f)
		}
	}
	start, end := l.rng.IntN(3), l.end()
	for i := range filters {
		if start == 1 {
			filters[i].From = core.At(1 + l.rng.Uint64N(end))
		}
		if start == 2 {
			filters[i].After = core.At(l.rng.Uint64N(end) + 1)
		}
	}
	return filters
}

// saw waits until the follower has everything that filters select of the model,
// and checks that it has nothing else.
func (l *modelLog) saw(t *testing.T, f *follower, filters []plainFilter) {
	t.Helper()
	last := l.lastOf(filters)
	eventually(t, func() bool { return f.at() >= last }, fmt.Sprintf("the subscription comes to %d", last))
	f.stop(t)
	requirePlaces(t, l.selected(filters), f.events)
}

func requirePlaces(t testing.TB, want []place, events []plainEvent) {
	t.Helper()
	got := make([]place, len(events))
	for i, e := range events {
		got[i] = placeOf(e)
	}
	require.Equal(t, want, got)
}

func newModelLog(t testing.TB, replicas, kinds, aggregates int) (*modelLog, jetstream.Config) {
	cfg := fresh(replicas)
	cfg.Memory = true
	return &modelLog{store: openAny(t, cfg), rng: randomly(t), kinds: kinds, aggregates: aggregates}, cfg
}

var someKinds = []int{1, 2, 4, 5, 8, 16}

func TestReadsOfAnyNumberOfKindsEqualAModel(t *testing.T) {
	t.Parallel()
	for _, replicas := range []int{1, 3} {
		for i, kinds := range someKinds {
			if replicas == 3 && i%2 == 0 && soak(1, 0) == 1 {
				continue // they are read as on one server
			}
			t.Run(fmt.Sprintf("%d kinds, %d replicas", kinds, replicas), func(t *testing.T) {
				l, _ := newModelLog(t, replicas, 20, 40)
				l.fill(t, 600)
				for range 6 {
					filters := l.random(kinds)
					requirePlaces(t, l.selected(filters), load(t, l.store, filters...))
					l.commit(t, 20)
				}
			})
		}
	}
}

func TestSubscriptionsToAnyNumberOfKindsEqualAModel(t *testing.T) {
	t.Parallel()
	for _, kinds := range someKinds {
		t.Run(fmt.Sprintf("%d kinds", kinds), func(t *testing.T) {
			l, _ := newModelLog(t, 1, 20, 40)
			l.fill(t, soak(800, 2000))
			var filters [][]plainFilter
			var followers []*follower
			for range 6 {
				f := l.random(kinds)
				filters, followers = append(filters, f), append(followers, follow(l.store, f...))
				for range l.rng.IntN(12) { // while history is read, and when it has been
					l.commit(t, 20)
				}
			}
			l.fill(t, 500)
			for i, f := range followers {
				l.saw(t, f, filters[i])
			}
		})
	}
}

// consumerSpy sees what consumers are asked for on a stream.
type consumerSpy struct {
	nc  *nats.Conn
	sub *nats.Subscription
}

func spyConsumers(t testing.TB, cfg jetstream.Config) consumerSpy {
	t.Helper()
	nc := connect(t, 1)
	sub, err := nc.SubscribeSync("$JS.API.CONSUMER.CREATE." + cfg.Stream + ".>")
	require.NoError(t, err)
	require.NoError(t, nc.Flush())
	return consumerSpy{nc, sub}
}

// since returns the configs of the consumers that were made since the last call.
func (s consumerSpy) since(t testing.TB) []natsjs.ConsumerConfig {
	t.Helper()
	require.NoError(t, s.nc.Flush())
	var configs []natsjs.ConsumerConfig
	for {
		if n, _, err := s.sub.Pending(); n == 0 {
			require.NoError(t, err)
			return configs
		}
		m, err := s.sub.NextMsg(10 * time.Second)
		require.NoError(t, err)
		var request struct{ Config natsjs.ConsumerConfig }
		require.NoError(t, json.Unmarshal(m.Data, &request))
		configs = append(configs, request.Config)
	}
}

func filtersOf(c natsjs.ConsumerConfig) int {
	n := len(c.FilterSubjects)
	if c.FilterSubject != "" {
		n++
	}
	return n
}

// fewHaveHistory checks that no consumer with several filters has much history to
// read, in a stream of so many messages, and returns how many have at most one.
func fewHaveHistory(t testing.TB, configs []natsjs.ConsumerConfig, last uint64) (narrow int) {
	t.Helper()
	for _, c := range configs {
		if filtersOf(c) <= 1 {
			narrow++
			continue
		}
		require.Greater(t, c.OptStartSeq+1000, last, "a consumer with %d filters begins at %d of %d", filtersOf(c), c.OptStartSeq, last)
	}
	return narrow
}

func TestConsumerOfAScanHasAtMostOneFilter(t *testing.T) {
	l, cfg := newModelLog(t, 1, 20, 40)
	l.fill(t, 3000)
	stream := streamOf(t, connect(t, 1), cfg.Stream)
	spy := spyConsumers(t, cfg)
	for _, kinds := range someKinds {
		seen := 0
		for _, err := range l.store.LoadEvents(t.Context(), l.ofKinds(kinds)...) {
			require.NoError(t, err)
			if seen++; seen > 1 {
				continue
			}
			for c := range stream.ListConsumers(t.Context()).Info() {
				require.LessOrEqual(t, filtersOf(c.Config), 1, "%d kinds", kinds)
			}
		}
		made := spy.since(t)
		want, each := kinds, 1
		if kinds > 4 {
			want, each = 1, 0
		}
		require.Len(t, made, want, "%d kinds", kinds)
		for _, c := range made {
			require.Equal(t, each, filtersOf(c), "%d kinds", kinds)
		}
	}
}

// While a loop stands still, history grows behind its consumer.
func TestConsumerWithSeveralFiltersReadsNoHistory(t *testing.T) {
	t.Parallel()
	for _, kinds := range []int{2, 5, 16} {
		t.Run(fmt.Sprintf("%d kinds", kinds), func(t *testing.T) {
			l, cfg := newModelLog(t, 1, kinds+1, 40)
			l.fill(t, 3000)
			spy := spyConsumers(t, cfg)
			filters := l.ofKinds(kinds)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var events []plainEvent
			rounds, last := 0, l.lastOf(filters)
			for e, err := range l.store.Subscribe(ctx, filters...) {
				require.NoError(t, err)
				events = append(events, e)
				if e.Position < last {
					continue
				}
				made := spy.since(t)
				switch rounds++; rounds {
				case 1: // the history is read
					require.Positive(t, fewHaveHistory(t, made, l.end()))
					l.fill(t, 50)
				case 2: // what came then
					fewHaveHistory(t, made, l.end())
					l.fill(t, 6000)
				case 3: // what came while the loop stood still
					require.Positive(t, fewHaveHistory(t, made, l.end()), "it is not left to the consumer that was there")
					cancel()
				}
				last = l.lastOf(filters)
			}
			require.Equal(t, 3, rounds)
			requirePlaces(t, l.selected(filters), events)
		})
	}
}

// A consumer that is lost leaves history behind it, too.
func TestSubscriptionToSeveralKindsCatchesUpWithoutFilters(t *testing.T) {
	l, cfg := newModelLog(t, 1, 6, 40)
	l.fill(t, 100)
	stream := streamOf(t, connect(t, 1), cfg.Stream)
	spy := spyConsumers(t, cfg)
	filters := l.ofKinds(5)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var events []plainEvent
	lost, last := false, l.lastOf(filters)
	for e, err := range l.store.Subscribe(ctx, filters...) {
		require.NoError(t, err)
		events = append(events, e)
		if e.Position < last {
			continue
		}
		made := spy.since(t)
		if lost {
			require.Positive(t, fewHaveHistory(t, made, l.end()))
			break
		}
		lost = true
		require.Len(t, made, 1)
		require.Equal(t, 5, filtersOf(made[0]), "what is yet to be committed is filtered")
		for name := range stream.ConsumerNames(t.Context()).Name() {
			require.NoError(t, stream.DeleteConsumer(t.Context(), name))
		}
		l.fill(t, 3000)
		last = l.lastOf(filters)
	}
	requirePlaces(t, l.selected(filters), events)
}

type (
	kind0 struct{ N int }
	kind1 struct{ N int }
	kind2 struct{ N int }
	kind3 struct{ N int }
	kind4 struct{ N int }
)

func (kind0) EventKind() string { return "kind-0000" }
func (kind1) EventKind() string { return "kind-0001" }
func (kind2) EventKind() string { return "kind-0002" }
func (kind3) EventKind() string { return "kind-0003" }
func (kind4) EventKind() string { return "kind-0004" }

func TestLiveModelOfFiveKindsEqualsAScan(t *testing.T) {
	l, cfg := newModelLog(t, 1, 7, 40)
	l.fill(t, 3000)
	spy := spyConsumers(t, cfg)
	five := projection.Define("counts",
		count(func(e kind0) int { return e.N }), count(func(e kind1) int { return e.N }), count(func(e kind2) int { return e.N }),
		count(func(e kind3) int { return e.N }), count(func(e kind4) int { return e.N }))
	ctx, cancel := context.WithCancel(t.Context())
	live := projection.NewLive(l.store, five)
	var running sync.WaitGroup
	running.Go(func() { assert.NoError(t, live.Run(ctx)) })
	defer running.Wait()
	defer cancel()
	for range 3 {
		require.NoError(t, live.CatchUp(ctx))
		require.Positive(t, fewHaveHistory(t, spy.since(t), l.end()))
		want, err := projection.Load(ctx, l.store, five)
		require.NoError(t, err)
		var of5 counts
		for _, p := range l.selected([]plainFilter{{EventKind: "kind-0000"}, {EventKind: "kind-0001"}, {EventKind: "kind-0002"}, {EventKind: "kind-0003"}, {EventKind: "kind-0004"}}) {
			var e kind0
			require.NoError(t, json.Unmarshal([]byte(p.Data), &e))
			of5.Events++
			of5.Bytes += e.N
		}
		require.Equal(t, of5, want)
		live.View(func(c *counts) { require.Equal(t, of5, *c) })
		l.fill(t, 200)
	}
}

// directGets counts the requests for messages of single subjects.
func directGets(t testing.TB, cfg jetstream.Config) func() int {
	nc := connect(t, 1)
	sub, err := nc.SubscribeSync("$JS.API.DIRECT.GET." + cfg.Stream + ".>")
	require.NoError(t, err)
	plain, err := nc.SubscribeSync("$JS.API.DIRECT.GET." + cfg.Stream)
	require.NoError(t, err)
	require.NoError(t, nc.Flush())
	return func() int {
		require.NoError(t, nc.Flush())
		a, _, err := sub.Pending()
		require.NoError(t, err)
		b, _, err := plain.Pending()
		require.NoError(t, err)
		return a + b
	}
}

func TestManyAggregatesAreScannedUnlessFarApart(t *testing.T) {
	t.Parallel()
	const many = 110
	l, cfg := newModelLog(t, 1, 6, many+50)
	for l.end() < 2000 {
		l.commit(t, 20)
	}
	gets := directGets(t, cfg)
	spy := spyConsumers(t, cfg)
	for _, c := range []struct {
		kinds     int // of each aggregate; 0 for all
		consumers int
	}{{0, 1}, {2, 2}, {5, 1}} {
		var filters []plainFilter
		for _, i := range l.rng.Perm(l.aggregates)[:many] {
			f := of(l.key(i))
			if c.kinds == 0 {
				filters = append(filters, f)
			}
			for k := range c.kinds {
				f.EventKind = l.kind(k)
				filters = append(filters, f)
			}
		}
		for i := range filters {
			if l.rng.IntN(4) == 0 {
				filters[i].After = core.At(1 + l.rng.Uint64N(l.end()))
			}
		}
		before := gets()
		requirePlaces(t, l.selected(filters), load(t, l.store, filters...))
		require.Equal(t, before, gets(), "no aggregate is read by itself")
		require.Len(t, spy.since(t), c.consumers)

		f := follow(l.store, filters...)
		for range 10 {
			l.commit(t, 20)
		}
		l.saw(t, f, filters)
		require.Equal(t, before, gets())
		fewHaveHistory(t, spy.since(t), 0)
	}

	var filters []plainFilter
	for i := range many {
		filters = append(filters, of(l.key(i)))
	}
	l.aggregates = 1
	l.fill(t, 100*many)
	l.aggregates = many
	before := gets()
	filters = filters[1:] // not the one that all of these are of
	requirePlaces(t, l.selected(filters), load(t, l.store, filters...))
	require.GreaterOrEqual(t, gets(), before+len(filters), "where there is much else, each is read by itself")
	require.Empty(t, spy.since(t))
}
