package writer

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// fakeStream takes attempts as a server does: it checks expectations and stores all
// of an attempt or nothing. Its time is that of a synctest bubble.
type fakeStream struct {
	t          *testing.T
	latency    time.Duration
	replicated bool
	answer     func(c *commit) (outcome, bool) // instead of the server's

	mu       sync.Mutex
	at       map[string]uint64
	last     uint64
	sizes    []int // commits' events, by attempt
	inFlight int
	most     int // attempts in flight
}

func (s *fakeStream) attempt(ctx context.Context, c *commit) outcome {
	sent := time.Now()
	s.mu.Lock()
	s.sizes = append(s.sizes, len(c.parts))
	s.inFlight++
	s.most = max(s.most, s.inFlight)
	s.mu.Unlock()
	select {
	case <-time.After(s.latency):
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
	out := s.store(ctx, c)
	out.sent, out.answered = sent, time.Now()
	return out
}

func (s *fakeStream) store(ctx context.Context, c *commit) outcome {
	seen := make(map[string]bool)
	for _, p := range c.parts {
		require.False(s.t, seen[p.Filter], "no aggregate is in a batch twice")
		seen[p.Filter] = true
	}
	if s.answer != nil {
		if out, ok := s.answer(c); ok {
			return out
		}
	}
	if ctx.Err() != nil {
		return outcome{Outcome: wire.Outcome{Result: wire.Ambiguous}}
	}
	for _, p := range c.parts {
		if s.at[p.Filter] != p.Expected {
			return outcome{Outcome: wire.Outcome{Result: wire.Conflict, Actual: s.at[p.Filter], Known: true}}
		}
	}
	for _, p := range c.parts {
		s.last += uint64(len(p.Msgs))
		s.at[p.Filter] = s.last
	}
	return outcome{Outcome: wire.Outcome{Result: wire.Acked, Seq: s.last}}
}

func (s *fakeStream) versions(_ context.Context, parts []*AggregateCommit) (at []uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range parts {
		at = append(at, s.at[p.Filter])
	}
	return at
}

// commitOf is a commit of a number of events to an aggregate.
func commitOf(aggregate string, expected uint64, events int) *commit {
	return &commit{id: aggregate, size: events, parts: []*AggregateCommit{{Filter: aggregate, Expected: expected, Msgs: make([]*nats.Msg, events), Bytes: 100}}}
}

// inBubble runs f with a batcher on a fake stream, and closes it.
func inBubble(t *testing.T, mode GroupCommit, replicated bool, f func(t *testing.T, b *batcher, s *fakeStream)) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeStream{t: t, latency: 10 * time.Millisecond, replicated: replicated, at: make(map[string]uint64)}
		life, end := context.WithCancel(t.Context())
		b := newBatcher(mode, transport{life: life, attempt: s.attempt, versions: s.versions, replicated: func() bool { return s.replicated }})
		b.adopt(replicated, false)
		f(t, b, s)
		end()
		b.close()
		require.Zero(t, b.tuners[0].load, "every commit has ended")
		require.Zero(t, b.tuners[1].load, "every commit has ended")
		require.Zero(t, b.inFlight.batches)
		require.Zero(t, b.inFlight.commits)
		require.Empty(t, b.inFlight.aggregates)
	})
}

// submitAll submits commits in order, at the same time, and returns their outcomes.
func submitAll(b *batcher, commits ...*commit) []outcome {
	outs := make([]outcome, len(commits))
	var all sync.WaitGroup
	for i, c := range commits {
		all.Go(func() { outs[i] = b.submit(context.Background(), c) })
		synctest.Wait()
	}
	all.Wait()
	return outs
}

// ownAggregates returns commits of one event, each to an aggregate of its own.
func ownAggregates(prefix string, n int) (commits []*commit) {
	for i := range n {
		commits = append(commits, commitOf(fmt.Sprint(prefix, i), 0, 1))
	}
	return commits
}

func TestWhatIsQueuedGoesWhenTheAckIsHere(t *testing.T) {
	inBubble(t, GroupCommitAlways, false, func(t *testing.T, b *batcher, s *fakeStream) {
		begun := time.Now()
		for i, out := range submitAll(b, ownAggregates("a", 9)...) {
			require.Equal(t, wire.Acked, out.Result)
			require.Equal(t, uint64(i+1), out.Seq)
		}
		require.Equal(t, []int{1, 8}, s.sizes)
		require.Equal(t, 2*s.latency, time.Since(begun))
	})
}

func TestLoneCommitIsSentAtOnce(t *testing.T) {
	for _, mode := range []GroupCommit{GroupCommitAuto, GroupCommitAlways, GroupCommitNever} {
		inBubble(t, mode, true, func(t *testing.T, b *batcher, s *fakeStream) {
			begun := time.Now()
			for i := range 3 {
				require.Equal(t, wire.Acked, b.submit(t.Context(), commitOf(fmt.Sprint(i), 0, 1+i)).Result)
			}
			require.Equal(t, 3*s.latency, time.Since(begun))
		})
	}
}

func TestCommitsSentDirectlyWaitForNothing(t *testing.T) {
	for _, mode := range []GroupCommit{GroupCommitAuto, GroupCommitNever} {
		inBubble(t, mode, true, func(t *testing.T, b *batcher, s *fakeStream) {
			begun := time.Now()
			submitAll(b, ownAggregates("a", 5)...)
			require.Equal(t, 5, s.most)
			require.Equal(t, s.latency, time.Since(begun))
		})
	}
}

func TestQueuedCommitWhoseVersionIsGoneIsRefusedWithoutAnAttempt(t *testing.T) {
	inBubble(t, GroupCommitAlways, false, func(t *testing.T, b *batcher, s *fakeStream) {
		outs := submitAll(b, commitOf("a", 0, 2), commitOf("a", 0, 1), commitOf("b", 0, 1))
		require.Equal(t, wire.Acked, outs[0].Result)
		require.Equal(t, wire.Conflict, outs[1].Result)
		require.True(t, outs[1].Known)
		require.Equal(t, uint64(2), outs[1].Actual)
		require.Equal(t, wire.Acked, outs[2].Result)
		require.Equal(t, []int{1, 1}, s.sizes)
		require.Empty(t, b.contended, "no batch was refused on account of it")
	})
}

func TestConflictIsOfItsOwnCommitAndTheRestGoesAgain(t *testing.T) {
	inBubble(t, GroupCommitAlways, false, func(t *testing.T, b *batcher, s *fakeStream) {
		s.at["a3"], s.last = 1, 1
		outs := submitAll(b, ownAggregates("a", 9)...)
		for i, out := range outs {
			if i == 3 {
				require.Equal(t, outcome{Outcome: wire.Outcome{Result: wire.Conflict, Actual: 1, Known: true}}, out)
				continue
			}
			require.Equal(t, wire.Acked, out.Result)
		}
		require.Equal(t, []int{1, 8, 7}, s.sizes)
		require.True(t, b.isContended(commitOf("a3", 0, 1)))
	})
}

func TestRejectedBatchIsHalved(t *testing.T) {
	inBubble(t, GroupCommitAlways, false, func(t *testing.T, b *batcher, s *fakeStream) {
		s.answer = func(c *commit) (outcome, bool) {
			bad := slices.ContainsFunc(c.parts, func(p *AggregateCommit) bool { return p.Filter == "a5" })
			return outcome{Outcome: wire.Outcome{Result: wire.Rejected, Err: conn.ErrNoAnswer}}, bad
		}
		outs := submitAll(b, ownAggregates("a", 17)...)
		for i, out := range outs {
			if i == 5 {
				require.Equal(t, wire.Rejected, out.Result)
				require.Error(t, out.Err)
				continue
			}
			require.Equal(t, wire.Acked, out.Result, "%d", i)
		}
		require.LessOrEqual(t, len(s.sizes), 10, "%v", s.sizes)
	})
}

func TestConflictThatNoVersionExplainsHalvesTheBatch(t *testing.T) {
	inBubble(t, GroupCommitAlways, true, func(t *testing.T, b *batcher, s *fakeStream) {
		commits := ownAggregates("a", 9)
		commits[4].parts[0].Expected = 99 // of a time to come
		for i, out := range submitAll(b, commits...) {
			if i == 4 {
				require.Equal(t, wire.Conflict, out.Result)
				require.True(t, out.suspect, "another leader may have written it")
				continue
			}
			require.Equal(t, wire.Acked, out.Result)
		}
	})
}

func TestBatchWithACommitInFlightElsewhereIsHalved(t *testing.T) {
	inBubble(t, GroupCommitAlways, true, func(t *testing.T, b *batcher, s *fakeStream) {
		s.answer = func(c *commit) (outcome, bool) {
			return outcome{Outcome: wire.Outcome{Result: wire.Denied, InFlight: true}}, len(c.parts) > 1
		}
		commits := ownAggregates("a", 9)
		for i, out := range submitAll(b, commits...) {
			if i == 0 {
				require.Equal(t, wire.Acked, out.Result)
				continue
			}
			require.Equal(t, wire.Denied, out.Result)
			require.True(t, out.suspect)
			require.LessOrEqual(t, commits[i].limit, 4)
			require.Positive(t, commits[i].limit)
		}
	})
}

func TestOnlyTheCommitThatEndsABatchGetsItsError(t *testing.T) {
	inBubble(t, GroupCommitAlways, false, func(t *testing.T, b *batcher, s *fakeStream) {
		s.answer = func(c *commit) (outcome, bool) {
			return outcome{Outcome: wire.Outcome{Result: wire.Ambiguous, Err: conn.ErrNoAnswer}}, len(c.parts) > 1
		}
		for i, out := range submitAll(b, ownAggregates("a", 5)...) {
			if i > 0 {
				require.Equal(t, wire.Ambiguous, out.Result)
				require.False(t, out.suspect, "there is one leader")
				require.Equal(t, i == 4, out.Err != nil)
			}
		}
	})
}

func TestCommitWhoseContextEnds(t *testing.T) {
	inBubble(t, GroupCommitAlways, false, func(t *testing.T, b *batcher, s *fakeStream) {
		ctx, cancel := context.WithCancel(t.Context())
		var outs [3]outcome
		var all sync.WaitGroup
		for i, c := range ownAggregates("a", 3) {
			own := ctx
			if i == 2 {
				own = t.Context()
			}
			all.Go(func() { outs[i] = b.submit(own, c) })
			synctest.Wait()
		}
		begun := time.Now()
		cancel()
		synctest.Wait()
		require.Equal(t, wire.Ambiguous, outs[0].Result, "it is in flight")
		require.Equal(t, wire.NotWritten, outs[1].Result, "it was queued")
		require.Zero(t, time.Since(begun))
		all.Wait()
		require.Equal(t, wire.Acked, outs[2].Result)
		require.Equal(t, map[string]uint64{"a0": 1, "a2": 2}, s.at)
	})
}

func TestCommitThatWasGivenUpIsNotSentAgain(t *testing.T) {
	inBubble(t, GroupCommitAlways, false, func(t *testing.T, b *batcher, s *fakeStream) {
		s.at["a2"], s.last = 1, 1
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for i, c := range ownAggregates("a", 4) {
			own := t.Context()
			if i == 1 {
				own = ctx
			}
			all.Go(func() { b.submit(own, c) })
			synctest.Wait()
		}
		time.Sleep(s.latency + time.Millisecond) // the batch of three is in flight
		cancel()
		all.Wait()
		require.NotContains(t, s.at, "a1")
		require.Contains(t, s.at, "a3")
	})
}

func TestSlowBatchHoldsUpNoOther(t *testing.T) {
	inBubble(t, GroupCommitAlways, false, func(t *testing.T, b *batcher, s *fakeStream) {
		s.latency = time.Minute
		begun := time.Now()
		submitAll(b, ownAggregates("a", 3)...)
		require.Equal(t, []int{1, 2}, s.sizes)
		require.Equal(t, s.latency+slowBatch, time.Since(begun))
	})
}

func TestContendedCommitsAreSentByThemselvesOneAtATime(t *testing.T) {
	for _, mode := range []GroupCommit{GroupCommitAuto, GroupCommitAlways} {
		inBubble(t, mode, false, func(t *testing.T, b *batcher, s *fakeStream) {
			s.at["hot"], s.last = 1, 1
			require.Equal(t, wire.Conflict, b.submit(t.Context(), commitOf("hot", 0, 1)).Result)
			s.sizes, s.most = nil, 0
			begun := time.Now()
			var outs []outcome
			var all sync.WaitGroup
			all.Go(func() {
				outs = submitAll(b, commitOf("hot", 1, 1), commitOf("hot", 1, 1), commitOf("hot", 2, 1))
			})
			time.Sleep(s.latency / 2)
			require.Equal(t, wire.Acked, b.submit(t.Context(), commitOf("cold", 0, 1)).Result)
			all.Wait()
			require.Equal(t, []int{1, 1, 1}, s.sizes)
			require.Equal(t, 2, s.most, "the other aggregate does not wait")
			require.Equal(t, 2*s.latency, time.Since(begun))
			for i, want := range []wire.Result{wire.Acked, wire.Conflict, wire.Acked} {
				require.Equal(t, want, outs[i].Result)
			}
			time.Sleep(contendedTime)
			require.False(t, b.isContended(commitOf("hot", 0, 1)), "it is forgotten")
		})
	}
}

func TestTwoBatchesInFlightAreOfAboutEqualSize(t *testing.T) {
	inBubble(t, GroupCommitAlways, true, func(t *testing.T, b *batcher, s *fakeStream) {
		for kind := range b.tuners {
			b.tuners[kind].allow(twoBatches, twoBatches)
		}
		var writers sync.WaitGroup
		for w := range 64 {
			writers.Go(func() {
				for n := range 50 {
					require.Equal(t, wire.Acked, b.submit(t.Context(), commitOf(fmt.Sprint(w, "-", n), 0, 1)).Result)
				}
			})
		}
		writers.Wait()
		require.Equal(t, 2, s.most)
		late := s.sizes[len(s.sizes)/2 : len(s.sizes)*3/4]
		require.GreaterOrEqual(t, slices.Min(late), 12, "%v", s.sizes)
		require.LessOrEqual(t, slices.Max(late), 52, "%v", s.sizes)
	})
}

func TestBatchLingersForWritersThatComeBack(t *testing.T) {
	inBubble(t, GroupCommitAlways, false, func(t *testing.T, b *batcher, s *fakeStream) {
		var writers sync.WaitGroup
		for w := range 32 {
			writers.Go(func() {
				for n := range 20 {
					require.Equal(t, wire.Acked, b.submit(t.Context(), commitOf(fmt.Sprint(w, "-", n), 0, 1)).Result)
					time.Sleep(time.Duration(w) * 10 * time.Microsecond) // what they do in between
				}
			})
		}
		writers.Wait()
		require.LessOrEqual(t, len(s.sizes), 24, "%v", s.sizes)
	})
}

func TestLingerInVainIsShort(t *testing.T) {
	inBubble(t, GroupCommitAlways, false, func(t *testing.T, b *batcher, s *fakeStream) {
		submitAll(b, ownAggregates("a", 33)...) // and none of them comes back
		var last outcome
		begun := time.Now()
		var all sync.WaitGroup
		for i, c := range ownAggregates("b", 33) {
			all.Go(func() {
				if out := b.submit(t.Context(), c); i == 32 {
					last = out
				}
			})
			synctest.Wait()
		}
		all.Wait()
		require.Equal(t, wire.Acked, last.Result)
		require.LessOrEqual(t, time.Since(begun), 2*s.latency+s.latency/4)
	})
}

func TestCloseEndsTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeStream{t: t, latency: time.Hour, at: make(map[string]uint64)}
		life, end := context.WithCancel(t.Context())
		b := newBatcher(GroupCommitAlways, transport{life: life, attempt: s.attempt, versions: s.versions, replicated: func() bool { return false }})
		b.adopt(false, false)
		time.AfterFunc(time.Millisecond, end)
		begun := time.Now()
		outs := submitAll(b, ownAggregates("a", 3)...)
		require.Equal(t, time.Millisecond, time.Since(begun))
		require.Equal(t, []wire.Result{wire.Ambiguous, wire.NotWritten, wire.NotWritten}, []wire.Result{outs[0].Result, outs[1].Result, outs[2].Result})
		b.close()
		require.Equal(t, wire.NotWritten, b.submit(t.Context(), commitOf("late", 0, 1)).Result)
		require.Equal(t, []int{1}, s.sizes)
	})
}
