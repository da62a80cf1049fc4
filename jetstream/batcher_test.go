package jetstream_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
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

// batchesOf returns the batches in the stream: how many messages each has, and
// how many commits.
func batchesOf(t *testing.T, nc *nats.Conn, stream string) (sizes, commits map[string]int) {
	t.Helper()
	s := streamOf(t, nc, stream)
	sizes, commits = make(map[string]int), make(map[string]int)
	seen := make(map[string]bool)
	for seq := uint64(1); seq <= s.CachedInfo().State.LastSeq; seq++ {
		m, err := s.GetMsg(t.Context(), seq)
		require.NoError(t, err)
		id, _, _ := strings.Cut(m.Header.Get("Es-Commit"), " ")
		batch := m.Header.Get("Nats-Batch-Id")
		if batch == "" {
			batch = fmt.Sprint("alone ", seq)
		}
		sizes[batch]++
		if !seen[id] {
			seen[id] = true
			commits[batch]++
		}
	}
	return sizes, commits
}

// largest returns the largest of some numbers.
func largest(of map[string]int) (most int) {
	for _, n := range of {
		most = max(most, n)
	}
	return most
}

// together runs n functions at the same time.
func together(n int, f func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { f(i) })
	}
	all.Wait()
}

// openBatching is a store whose commits wait for each other.
func openBatching(t testing.TB, nc *nats.Conn, cfg jetstream.Config) *plainStore {
	t.Helper()
	if cfg.GroupCommit == jetstream.GroupCommitAuto {
		cfg.GroupCommit = jetstream.GroupCommitAlways
	}
	removeAfter(t, cfg)
	s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestQueuedCommitsShareABatch(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		nc, cfg, l := connect(t, replicas), fresh(replicas), &recorder{}
		s := openBatching(t, nc, cfg)
		together(64, func(i int) {
			for n := range 3 {
				_, err := l.one(t.Context(), s, fmt.Sprintf("%d/%d", i, n), account(fmt.Sprint(i, "-", n)), &core.Version[uint64]{}, 1+i%3)
				require.NoError(t, err)
			}
		})
		l.check(t, readLog(t, nc, cfg))
		_, commits := batchesOf(t, nc, cfg.Stream)
		require.Less(t, len(commits), 3*64/2, "most commits have shared a batch")
		require.Greater(t, largest(commits), 4)
	}
}

func TestGroupCommitNeverSendsEachCommitByItself(t *testing.T) {
	nc, cfg, l := connect(t, 1), fresh(1), &recorder{}
	cfg.GroupCommit = jetstream.GroupCommitNever
	s := openBatching(t, nc, cfg)
	together(16, func(i int) {
		_, err := l.one(t.Context(), s, fmt.Sprint(i), account(fmt.Sprint(i)), nil, 2)
		require.NoError(t, err)
	})
	l.check(t, readLog(t, nc, cfg))
	_, commits := batchesOf(t, nc, cfg.Stream)
	require.Equal(t, 1, largest(commits))
}

func TestConflictInABatchFailsOneCommitOnly(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		nc, cfg, l := connect(t, replicas), fresh(replicas), &recorder{}
		s, other := openBatching(t, nc, cfg), openBatching(t, nc, cfg)
		for i := range 40 {
			if i%4 == 0 { // the store does not know of it
				_, err := l.one(t.Context(), other, fmt.Sprint("taken ", i), account(fmt.Sprint(i)), nil, 1)
				require.NoError(t, err)
			}
		}
		together(40, func(i int) {
			_, err := l.one(t.Context(), s, fmt.Sprint("mine ", i), account(fmt.Sprint(i)), &core.Version[uint64]{}, 2)
			if i%4 != 0 {
				require.NoError(t, err, i)
				return
			}
			conflict, ok := errors.AsType[*core.ConflictError[uint64]](err)
			require.True(t, ok, "%d: %v", i, err)
			require.True(t, conflict.Expected.IsZero())
			require.False(t, conflict.Actual.IsZero())
		})
		l.check(t, readLog(t, nc, cfg))
	}
}

// Two commits on one version in one batch would both be accepted.
func TestCommitsOfOneAggregateNeverShareABatch(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		nc, cfg, l := connect(t, replicas), fresh(replicas), &recorder{}
		s := openBatching(t, nc, cfg)
		var at core.Version[uint64]
		for round := range 10 {
			won := make([]uint64, 16)
			together(16, func(i int) {
				name := fmt.Sprintf("%d/%d", round, i)
				if i%2 == 1 { // so that there are batches
					_, err := l.one(t.Context(), s, name, account(fmt.Sprint(round, "-", i)), nil, 2)
					require.NoError(t, err)
					return
				}
				position, err := l.one(t.Context(), s, name, account("a"), &at, 1+i%3)
				if err != nil {
					require.ErrorIs(t, err, core.ErrConflict)
				}
				won[i] = position
			})
			winners := 0
			for _, position := range won {
				if position > 0 {
					winners++
					at = core.At(position)
				}
			}
			require.Equal(t, 1, winners)
		}
		l.check(t, readLog(t, nc, cfg))
		require.NotEmpty(t, load(t, s, of(account("a"))), "the chain of the aggregate is whole")
	}
}

func TestBatchesKeepTheLimits(t *testing.T) {
	t.Parallel()
	nc, cfg, l := connect(t, 1), fresh(1), &recorder{}
	s := openBatching(t, nc, cfg)
	together(4, func(i int) {
		for n, size := range []int{400, 999, 1, 1000, 3} {
			_, err := l.one(t.Context(), s, fmt.Sprintf("%d/%d", i, n), account(fmt.Sprint(i, "-", n)), &core.Version[uint64]{}, size)
			require.NoError(t, err)
		}
	})
	log := readLog(t, nc, cfg)
	l.check(t, log)

	big := fresh(1)
	big.GroupCommit = jetstream.GroupCommitAlways
	padded := padded[core.NoMetadata](t, nc, big)
	together(12, func(i int) {
		text := strings.Repeat("x", 500_000)
		_, err := core.CommitEvents(t.Context(), padded, account(fmt.Sprint(i)), []core.Event{anyEvent{"sized", 0, text}, anyEvent{"sized", 1, text}}, core.NoMetadata{})
		require.NoError(t, err)
	})
	sizes, _ := batchesOf(t, nc, big.Stream)
	require.LessOrEqual(t, largest(sizes), 4, "2 MiB are a batch")
}

// An event that only the server can refuse fails its own commit alone.
func TestRejectionInABatchFailsOneCommitOnly(t *testing.T) {
	nc, cfg := connect(t, 1), fresh(1)
	cfg.GroupCommit = jetstream.GroupCommitAlways
	s := padded[core.NoMetadata](t, nc, cfg)
	js := jetStream(t, nc)
	sc := streamInfo(t, nc, cfg.Stream).Config
	sc.MaxMsgSize = 2000 // after Open, so that the store does not know
	_, err := js.UpdateStream(t.Context(), sc)
	require.NoError(t, err)
	together(24, func(i int) {
		size := 10
		if i%6 == 0 {
			size = 5000
		}
		_, err := core.CommitEvents(t.Context(), s, account(fmt.Sprint(i)), []core.Event{anyEvent{"sized", 0, strings.Repeat("x", size)}, anyEvent{"sized", 1, "small"}}, core.NoMetadata{})
		if size > 2000 {
			require.Error(t, err)
			require.NotErrorIs(t, err, core.ErrConflict)
			return
		}
		require.NoError(t, err)
	})
	require.Len(t, load(t, s, core.Filter[string, uint64]{}), 2*20)
}

// What is on its way when its context ends may be written or not; what waits is
// not.
func TestCommitWhoseContextEndsLeavesTheBatch(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		rng := randomly(t)
		nc, cfg, l := connect(t, replicas), fresh(replicas), &recorder{}
		s := openBatching(t, nc, cfg)
		seeds := make([]uint64, 32)
		for i := range seeds {
			seeds[i] = rng.Uint64()
		}
		together(32, func(i int) {
			rng := rand.New(rand.NewPCG(seeds[i], 0))
			for n := range 20 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rng.IntN(12_000))*time.Microsecond)
				_, err := l.one(ctx, s, fmt.Sprintf("%d/%d", i, n), account(fmt.Sprint(i, "-", n)), &core.Version[uint64]{}, 1+n%3)
				cancel()
				if err != nil && !errors.Is(err, core.ErrUnknownOutcome) {
					require.ErrorIs(t, err, context.DeadlineExceeded)
				}
			}
		})
		// What is sent now comes after all that was on its way.
		_, err := l.one(t.Context(), s, "after", account("after"), nil, 3)
		require.NoError(t, err)
		t.Log(l.check(t, readLog(t, nc, cfg)))
	}
}

// A batch without an answer does not hold up the commits behind it, and only its
// own commits become ambiguous.
func TestSlowBatchHoldsUpNoOther(t *testing.T) {
	w := newProxy(1)
	cfg := fresh(1)
	cfg.AckWait, cfg.GroupCommit = time.Minute, jetstream.GroupCommitAlways
	s := openOn(t, w, cfg)
	l := &recorder{}
	_, err := l.one(t.Context(), s, "before", account("before"), nil, 2)
	require.NoError(t, err)
	var lost bool
	w.loses(func(subject string, payload []byte) bool {
		if lost || !isAck(subject, payload) {
			return false
		}
		lost = true
		return true
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := l.one(ctx, s, "unanswered", account("a"), &core.Version[uint64]{}, 2)
		done <- err
	}()
	eventually(t, func() bool {
		v, err := s.Version(t.Context(), account("a"))
		return err == nil && !v.IsZero()
	}, "the commit is recorded, and its ack is lost")
	_, err = l.one(t.Context(), s, "another", account("b"), &core.Version[uint64]{}, 2)
	require.NoError(t, err)
	_, err = l.one(t.Context(), s, "the same", account("a"), &core.Version[uint64]{}, 2)
	require.ErrorIs(t, err, core.ErrConflict)
	cancel()
	require.ErrorIs(t, <-done, core.ErrUnknownOutcome)
	l.check(t, readLog(t, connect(t, 1), cfg))
}

// Many writers commit in every way to aggregates that they share, through stores
// with group commit and one without, and some of them give up early. The outcomes
// are then compared with the log.
func TestRandomCommitsInBatches(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		t.Run(fmt.Sprint(replicas, " replicas"), func(t *testing.T) {
			t.Parallel()
			rng := randomly(t)
			cfg := fresh(replicas)
			c := &writers{timeout: 5 * time.Minute, lone: 24, sharing: 24, commits: soak(6, 60)}
			for i := range 3 {
				if i > 0 {
					cfg.GroupCommit = jetstream.GroupCommitAlways
				}
				c.stores = append(c.stores, openOn(t, newProxy(replicas), cfg))
			}
			c.run(t, rng)
			v := c.settle(t, nil, cfg)
			require.Zero(t, v.unknown+v.other)
			require.GreaterOrEqual(t, v.recorded, c.lone*c.commits)
			nc := connect(t, replicas)
			_, commits := batchesOf(t, nc, cfg.Stream)
			require.Greater(t, largest(commits), 2)
		})
	}
}

// Group commit keeps the metadata and the codec of each commit.
func TestBatchesOfAnyCodec(t *testing.T) {
	nc, cfg := connect(t, 1), fresh(1)
	cfg.Codec, cfg.GroupCommit = codec.MessagePack, jetstream.GroupCommitAlways
	s, err := jetstream.Open[string, meta](t.Context(), nc, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	together(20, func(i int) {
		user := meta{User: fmt.Sprint("u", i)}
		key := account(fmt.Sprint(i))
		committed, err := s.Commit(t.Context(), core.Commit[string, uint64, meta]{Key: key, Events: []core.Event{opened{user.User}, deposited{i}}, Metadata: user})
		require.NoError(t, err)
		events := committed[0].Events()
		for j, e := range load(t, s, of(key)) {
			require.Equal(t, user, e.Metadata)
			events[j].Time = e.Time
			require.Equal(t, events[j], e)
		}
	})
}
