package jetstream_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

// noted is an event that names the attempt of the test that wrote it.
type noted struct {
	Attempt string
	I, Of   int // among the events of the part
}

func (noted) EventKind() string { return "noted" }

// also is noted by another kind, so that an aggregate has more than one subject.
type also struct{ noted }

func (also) EventKind() string { return "also.noted" }

func notes(attempt string, n int) []core.Event {
	events := make([]core.Event, n)
	for i := range events {
		events[i] = noted{attempt, i, n}
		if i%2 == 1 {
			events[i] = also{noted{attempt, i, n}}
		}
	}
	return events
}

type (
	plainStore  = jetstream.Store[string, core.NoMetadata]
	plainCommit = core.Commit[string, uint64, core.NoMetadata]
	plainEvent  = core.StoredEvent[string, uint64, core.NoMetadata]
)

// attempt is one call that commits, and its outcome.
type attempt struct {
	name      string
	keys      []core.Key[string]
	counts    []int
	positions []uint64
	err       error
}

// recorder keeps the outcomes of commits, to compare them with the log.
type recorder struct {
	mu       sync.Mutex
	attempts []attempt
}

func (l *recorder) note(a attempt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.attempts = append(l.attempts, a)
}

// one commits n events to key and notes what came of it.
func (l *recorder) one(ctx context.Context, s *plainStore, name string, key core.Key[string], expected *core.Version[uint64], n int) (uint64, error) {
	var position uint64
	var err error
	if expected == nil {
		position, err = core.CommitEvents(ctx, s, key, notes(name, n), core.NoMetadata{})
	} else {
		position, err = core.CommitEventsOptimistic(ctx, s, key, *expected, notes(name, n), core.NoMetadata{})
	}
	l.note(attempt{name, []core.Key[string]{key}, []int{n}, []uint64{position}, err})
	return position, err
}

// all commits counts[i] events to keys[i], together.
func (l *recorder) all(ctx context.Context, s *plainStore, name string, keys []core.Key[string], expected []core.Version[uint64], counts []int) ([]uint64, error) {
	commits := make([]plainCommit, len(keys))
	for i, key := range keys {
		commits[i] = plainCommit{Key: key, Events: notes(name, counts[i])}
		if expected == nil {
			commits[i].Unchecked = true
		} else {
			commits[i].Expected = expected[i]
		}
	}
	committed, err := s.Commit(ctx, commits...)
	var positions []uint64
	for _, c := range committed {
		positions = append(positions, c.Position)
	}
	l.note(attempt{name, keys, counts, positions, err})
	return positions, err
}

// results counts the outcomes.
type results struct{ recorded, conflicts, unknown, other int }

func (v results) String() string {
	return fmt.Sprintf("%d recorded, %d conflicts, %d unknown, %d other", v.recorded, v.conflicts, v.unknown, v.other)
}

// check compares every outcome with the log: what was recorded is there once,
// whole and at the position that was returned; what conflicted is not there; what
// is unknown is there once or not at all; and nothing else is there. The log has no holes
// but those that gaps, and the entries that name them, account for.
func (l *recorder) check(t *testing.T, log []plainEvent, gaps ...jetstream.Gap) results {
	t.Helper()
	holes := 0
	for _, g := range gaps {
		holes += int(g.To-g.From) + 2
	}
	at := make(map[string][]plainEvent)
	for i, e := range log {
		require.GreaterOrEqual(t, e.Position, uint64(i+1))
		require.LessOrEqual(t, e.Position, uint64(i+1+holes), "the log has no holes")
		name := noteOf(t, e).Attempt
		at[name] = append(at[name], e)
	}
	var v results
	for _, a := range l.attempts {
		found := at[a.name]
		delete(at, a.name)
		switch {
		case a.err == nil:
			v.recorded++
			require.NotEmpty(t, found, "%s was acked and is lost", a.name)
		case errors.Is(a.err, core.ErrUnknownOutcome):
			v.unknown++
		case errors.Is(a.err, core.ErrConflict):
			v.conflicts++
			require.Empty(t, found, "%s conflicted and was written", a.name)
		default:
			v.other++
			require.Empty(t, found, "%s failed (%v) and was written", a.name, a.err)
		}
		if len(found) > 0 {
			a.whole(t, found)
		}
	}
	require.Empty(t, at, "no call committed these")
	checkChains(t, log)
	return v
}

// whole checks that found is the attempt, once and in one piece.
func (a attempt) whole(t *testing.T, found []plainEvent) {
	t.Helper()
	n := 0
	for p, key := range a.keys {
		for i := range a.counts[p] {
			require.Less(t, n, len(found), "%s is torn", a.name)
			e := found[n]
			require.Equal(t, key, e.Key, a.name)
			require.Equal(t, i, noteOf(t, e).I, a.name)
			require.Equal(t, found[0].Position+uint64(n), e.Position, "%s is in one piece", a.name)
			n++
		}
		if a.err == nil {
			require.Equal(t, found[n-1].Position, a.positions[p], "%s is where the store said", a.name)
		}
	}
	require.Len(t, found, n, "%s was recorded once", a.name)
}

// checkChains checks that each commit has an id of its own, and all its events.
func checkChains(t *testing.T, log []plainEvent) {
	t.Helper()
	attempts := make(map[string]string)
	for _, e := range log {
		name, ok := attempts[e.Commit.ID]
		require.True(t, !ok || name == noteOf(t, e).Attempt, "commit %s has two contents", e.Commit.ID)
		attempts[e.Commit.ID] = noteOf(t, e).Attempt
		require.Equal(t, noteOf(t, e).I, e.Commit.Index)
		require.Equal(t, noteOf(t, e).Of, e.Commit.Count)
	}
}

func noteOf(t testing.TB, e plainEvent) noted {
	t.Helper()
	var event noted // which several kinds have
	require.NoError(t, jsonDecoder{}.DecodeEvent(e, &event))
	return event
}

// jsonDecoder decodes without a store, for logs that outlive theirs.
type jsonDecoder struct{ *plainStore }

func (jsonDecoder) DecodeEvent(stored plainEvent, event any) error {
	return codec.JSON.Unmarshal(stored.Data, event)
}

// readLog returns every event in the stream of cfg, over a connection of its own
// that nothing happens to, and checks that the stream has no other messages.
func readLog(t *testing.T, nc *nats.Conn, cfg jetstream.Config) []plainEvent {
	t.Helper()
	s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, cfg)
	require.NoError(t, err)
	defer s.Close()
	log := load(t, s, core.Filter[string, uint64]{})
	require.Equal(t, streamInfo(t, nc, cfg.Stream).State.Msgs, uint64(len(log)), "every message is an event")
	return log
}

func load[ID comparable, M any](t testing.TB, s *jetstream.Store[ID, M], filters ...core.Filter[ID, uint64]) []core.StoredEvent[ID, uint64, M] {
	t.Helper()
	var events []core.StoredEvent[ID, uint64, M]
	for e, err := range s.LoadEvents(t.Context(), filters...) {
		if err != nil { // a call of require for each event would take most of the time
			require.NoError(t, err)
		}
		events = append(events, e)
	}
	return events
}

// of selects the events of an aggregate.
func of(key core.Key[string]) core.Filter[string, uint64] {
	return core.Filter[string, uint64]{Aggregate: &key}
}

func streamInfo(t testing.TB, nc *nats.Conn, stream string) *natsjs.StreamInfo {
	t.Helper()
	return streamOf(t, nc, stream).CachedInfo()
}

// eventually waits until condition holds.
func eventually(t testing.TB, condition func() bool, what string) {
	t.Helper()
	require.Eventually(t, condition, 2*time.Minute, 2*time.Millisecond, what)
}

// randomly is a source of random numbers whose seed is in the test's output.
func randomly(t testing.TB) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}
