package jetstream_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

// impatient is the config of a store that asks soon what became of a commit.
func impatient(replicas int) jetstream.Config {
	cfg := fresh(replicas)
	cfg.AckWait = 100 * time.Millisecond
	cfg.Logger = slog.New(slog.DiscardHandler)
	return cfg
}

// openOn is a store on a proxy.
func openOn(t testing.TB, w *proxy, cfg jetstream.Config) *plainStore {
	t.Helper()
	removeAfter(t, cfg)
	s, err := jetstream.Open[string, core.NoMetadata](t.Context(), w.connect(t), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// writers commit in every way while faults happen to their connections.
type writers struct {
	recorder
	stores  []*plainStore
	lone    int // writers that have an aggregate each
	sharing int // writers that share a few
	commits int // of each writer
	timeout time.Duration
}

// run returns when all writers are done. A writer that has its aggregates to
// itself must never see a conflict: it could only be with itself.
func (c *writers) run(t *testing.T, rng *rand.Rand) {
	t.Helper()
	var all sync.WaitGroup
	for w := range c.lone + c.sharing {
		own := rand.New(rand.NewPCG(rng.Uint64(), uint64(w)))
		s := c.stores[w%len(c.stores)]
		all.Go(func() {
			if w < c.lone {
				c.alone(t, s, w, own)
			} else {
				c.share(s, w, own)
			}
		})
	}
	all.Wait()
}

func (c *writers) alone(t *testing.T, s *plainStore, w int, rng *rand.Rand) {
	keys := []core.Key[string]{account(fmt.Sprint("lone-", w)), account(fmt.Sprint("lone-too-", w))}
	at := make([]core.Version[uint64], 2)
	for n := range c.commits {
		ctx, cancel := context.WithTimeout(t.Context(), c.timeout)
		name := fmt.Sprintf("lone %d/%d", w, n)
		var positions []uint64
		var err error
		if n%4 == 3 {
			positions, err = c.all(ctx, s, name, keys, at, []int{1 + rng.IntN(2), 1 + rng.IntN(2)})
		} else {
			var position uint64
			expected := &at[0]
			if n%4 == 2 {
				expected = nil
			}
			position, err = c.one(ctx, s, name, keys[0], expected, 1+rng.IntN(2)*rng.IntN(4))
			positions = []uint64{position}
		}
		cancel()
		var unknown *jetstream.UnknownOutcomeError
		for errors.As(err, &unknown) {
			// No other writer commits here, so this resolves unless nothing arrived.
			positions, err = s.Resolve(t.Context(), unknown)
			if errors.As(err, &unknown) {
				return
			}
		}
		if err != nil {
			t.Errorf("%s, at %v: %v", name, at, err)
			return
		}
		for i, p := range positions {
			at[i] = core.At(p)
		}
	}
}

func (c *writers) share(s *plainStore, w int, rng *rand.Rand) {
	keys := []core.Key[string]{account("shared-0"), account("shared-1"), account("shared-2")}
	seen := make(map[core.Key[string]]core.Version[uint64])
	for n := range c.commits {
		ctx, cancel := context.WithTimeout(context.Background(), c.timeout)
		name := fmt.Sprintf("sharing %d/%d", w, n)
		key := keys[rng.IntN(len(keys))]
		switch rng.IntN(4) {
		case 0:
			_, _ = c.one(ctx, s, name, key, nil, 1+rng.IntN(3))
		case 1:
			_, _ = c.all(ctx, s, name, keys[:1+rng.IntN(3)], nil, []int{1, 2, 1})
		default:
			at, err := seen[key], error(nil) // mostly of long ago
			if rng.IntN(2) == 0 {
				at, err = s.Version(ctx, key)
			}
			if err == nil {
				_, _ = c.one(ctx, s, name, key, &at, 1+rng.IntN(3))
				seen[key] = at
			}
		}
		cancel()
	}
}

// newWriters opens stores on a proxy each; several writers share a store.
func newWriters(t *testing.T, cfg jetstream.Config, stores int) (*writers, []*proxy) {
	t.Helper()
	c := &writers{timeout: 5 * time.Minute}
	proxies := make([]*proxy, stores)
	for i := range proxies {
		proxies[i] = newProxy(cfg.Replicas)
		cfg.GroupCommit = jetstream.GroupCommitAuto
		if i%2 == 1 {
			cfg.GroupCommit = jetstream.GroupCommitAlways
		}
		c.stores = append(c.stores, openOn(t, proxies[i], cfg))
	}
	return c, proxies
}

// settle checks the recorder against the log once nothing is on its way.
func (c *writers) settle(t *testing.T, proxies []*proxy, cfg jetstream.Config) results {
	t.Helper()
	for _, w := range proxies {
		w.loses(nil)
		w.cuts(nil)
		w.release()
	}
	v := c.check(t, readLog(t, connect(t, cfg.Replicas), cfg))
	t.Log(v)
	return v
}

func TestCommitWithLostAckIsRecordedOnce(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		for name, lost := range map[string]func(string, []byte) bool{"acks": isAck, "acks and refusals": isOutcome} {
			t.Run(fmt.Sprintf("%s of %d replicas", name, replicas), func(t *testing.T) {
				t.Parallel()
				rng := randomly(t)
				cfg := impatient(replicas)
				cfg.Memory = replicas == 1 // where a batch would cost 5 ms
				c, proxies := newWriters(t, cfg, 4)
				c.lone, c.sharing, c.commits = 8, 4, soak(30, 150)
				var disturbed atomic.Int64
				for _, w := range proxies {
					w.loses(func(subject string, payload []byte) bool {
						if !lost(subject, payload) || rand.IntN(100) >= 20 {
							return false
						}
						disturbed.Add(1)
						return true
					})
				}
				c.run(t, rng)
				v := c.settle(t, proxies, cfg)
				t.Logf("%d answers lost", disturbed.Load())
				require.GreaterOrEqual(t, disturbed.Load(), int64(10))
				require.Zero(t, v.unknown+v.other, "there was time to find out")
				require.GreaterOrEqual(t, v.recorded, c.lone*c.commits)
			})
		}
	}
}

// What a client sends once may arrive twice: alone, as a part of a batch, as a
// batch. The second copy is refused, or refuses the batch that it is a part of.
func TestDuplicatedCommitIsRecordedOnce(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		t.Run(fmt.Sprint(replicas, " replicas"), func(t *testing.T) {
			t.Parallel()
			rng := randomly(t)
			cfg := impatient(replicas)
			cfg.Memory = replicas == 1
			c, proxies := newWriters(t, cfg, 4)
			c.lone, c.sharing, c.commits = 8, 4, soak(30, 100)
			var disturbed atomic.Int64
			for _, w := range proxies {
				w.doubles(func(int) bool {
					if rand.IntN(100) >= 25 {
						return false
					}
					disturbed.Add(1)
					return true
				})
			}
			c.run(t, rng)
			for _, w := range proxies {
				w.doubles(nil)
			}
			v := c.settle(t, proxies, cfg)
			t.Logf("%d writes doubled", disturbed.Load())
			require.GreaterOrEqual(t, disturbed.Load(), int64(10))
			require.Zero(t, v.unknown+v.other, "there was time to find out")
		})
	}
}

func TestCommitsSurviveLostConnections(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		t.Run(fmt.Sprint(replicas, " replicas"), func(t *testing.T) {
			t.Parallel()
			rng := randomly(t)
			cfg := impatient(replicas)
			cfg.Memory = replicas == 1
			c, proxies := newWriters(t, cfg, 4)
			c.lone, c.sharing, c.commits = 8, 4, soak(30, 80)
			var disturbed atomic.Int64
			for _, w := range proxies {
				w.cuts(func(n int) int {
					if n < 200 || rand.IntN(100) >= 8 { // a handshake passes
						return n
					}
					disturbed.Add(1)
					return rand.IntN(n)
				})
			}
			c.run(t, rng)
			v := c.settle(t, proxies, cfg)
			t.Logf("%d connections cut", disturbed.Load())
			require.Zero(t, v.unknown+v.other, "there was time to find out")
			require.GreaterOrEqual(t, disturbed.Load(), int64(15))
		})
	}
}

func TestCommitsSurviveMissingAnswers(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		t.Run(fmt.Sprint(replicas, " replicas"), func(t *testing.T) {
			t.Parallel()
			rng := randomly(t)
			cfg := impatient(replicas)
			cfg.Memory = replicas == 1
			c, proxies := newWriters(t, cfg, 4)
			c.lone, c.sharing, c.commits = 8, 4, soak(20, 50)
			stop := make(chan struct{})
			var weather sync.WaitGroup
			weather.Go(func() { badWeather(proxies, stop) })
			c.run(t, rng)
			close(stop)
			weather.Wait()
			v := c.settle(t, proxies, cfg)
			require.Zero(t, v.unknown+v.other, "there was time to find out")
		})
	}
}

// badWeather makes wires silent, slow or dead for moments until it is stopped.
func badWeather(proxies []*proxy, stop <-chan struct{}) {
	tick := time.NewTicker(40 * time.Millisecond)
	defer tick.Stop()
	for {
		w := proxies[rand.IntN(len(proxies))]
		switch rand.IntN(4) {
		case 0:
			w.loses(everything)
		case 1:
			w.hold()
		case 2:
			w.cutAll()
		}
		select {
		case <-tick.C:
		case <-stop:
			return
		}
		w.loses(nil)
		w.release()
	}
}

// What the client sent long ago may arrive at any time: after the caller has
// given up, and after others have committed.
func TestLateCommitDoesNotChangeItsOutcome(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		t.Run(fmt.Sprint(replicas, " replicas"), func(t *testing.T) {
			t.Parallel()
			cfg := impatient(replicas)
			cfg.Memory = replicas == 1
			w := newProxy(replicas)
			s, other := openOn(t, w, cfg), openOn(t, newProxy(replicas), cfg)
			l := &recorder{}
			for n := range 20 {
				mine, taken := account(fmt.Sprint("mine-", n)), account(fmt.Sprint("taken-", n))
				size := 1 + n%3
				_, err := l.one(t.Context(), s, fmt.Sprint("before ", n), account("before"), nil, 1)
				require.NoError(t, err)
				w.hold()
				ctx, cancel := context.WithCancel(t.Context())
				var errTaken error
				var both sync.WaitGroup
				both.Go(func() { _, err = l.one(ctx, s, fmt.Sprint("mine ", n), mine, new(core.Version[uint64]), size) })
				both.Go(func() { _, errTaken = l.one(ctx, s, fmt.Sprint("taken ", n), taken, new(core.Version[uint64]), size) })
				awaitHeld(t, w, fmt.Sprint("mine ", n), size)
				awaitHeld(t, w, fmt.Sprint("taken ", n), size)
				cancel()
				both.Wait()
				unknownMine, unknownTaken := isUnknown(t, err), isUnknown(t, errTaken)
				_, err = l.one(t.Context(), other, fmt.Sprint("other ", n), taken, nil, 1)
				require.NoError(t, err)
				_, err = other.Resolve(t.Context(), unknownMine)
				require.ErrorIs(t, err, core.ErrUnknownOutcome, "nothing is there yet, but it is on its way")
				_, err = other.Resolve(t.Context(), unknownTaken)
				require.ErrorIs(t, err, core.ErrConflict)
				w.release()

				var positions []uint64
				eventually(t, func() bool {
					positions, err = other.Resolve(t.Context(), unknownMine)
					return err == nil
				}, "the late commit is recorded")
				at, err := other.Version(t.Context(), mine)
				require.NoError(t, err)
				require.Equal(t, core.At(positions[0]), at)
				_, err = s.Resolve(t.Context(), unknownTaken)
				require.ErrorIs(t, err, core.ErrConflict, "what was said once stays so")
			}
			v := l.check(t, readLog(t, connect(t, replicas), cfg))
			t.Log(v)
			require.Equal(t, results{recorded: 40, unknown: 40}, v)
		})
	}
}

func isUnknown(t *testing.T, err error) *jetstream.UnknownOutcomeError {
	t.Helper()
	unknown, ok := errors.AsType[*jetstream.UnknownOutcomeError](err)
	require.True(t, ok, "%v", err)
	return unknown
}

// lossy is a store whose answers can be lost, and another beside it.
func lossy(t *testing.T, replicas int) (w *proxy, s, other *plainStore, cfg jetstream.Config) {
	t.Helper()
	cfg = impatient(replicas)
	w = newProxy(replicas)
	return w, openOn(t, w, cfg), openWith[string, core.NoMetadata](t, cfg), cfg
}

var everything = func(string, []byte) bool { return true }

func TestOutcomeIsUnknownWhenTheContextEnds(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		w, s, other, _ := lossy(t, replicas)
		before, err := core.CommitEvents(t.Context(), other, account("a"), notes("before", 2), core.NoMetadata{})
		require.NoError(t, err)

		w.loses(everything)
		unknown := unanswered(t, s, other, plainCommit{Key: account("a"), Expected: core.At(before), Events: notes("lost", 3)})
		require.NotEmpty(t, unknown.CommitID)
		require.Len(t, unknown.Parts, 1)
		require.Equal(t, before, unknown.Parts[0].Expected)
		require.Equal(t, 3, unknown.Parts[0].Count)

		w.loses(nil)
		eventually(t, func() bool {
			positions, err := s.Resolve(t.Context(), unknown)
			return err == nil && len(positions) == 1 && positions[0] == before+3
		}, "the answer to the question")
		positions, err := other.Resolve(t.Context(), unknown)
		require.NoError(t, err, "any store on the stream can ask")
		require.Equal(t, []uint64{before + 3}, positions)
		require.Equal(t, unknown.CommitID, load(t, other, of(account("a")))[2].Commit.ID)
	}
}

func TestResolveReturnsThePositionOfEachAggregate(t *testing.T) {
	w, s, other, _ := lossy(t, 1)
	w.loses(everything)
	unknown := unanswered(t, s, other,
		plainCommit{Key: account("a"), Events: notes("together", 2)},
		plainCommit{Key: account("b"), Events: notes("together", 1)},
		plainCommit{Key: account("c"), Events: notes("together", 3)})
	require.Len(t, unknown.Parts, 3)
	positions, err := other.Resolve(t.Context(), unknown)
	require.NoError(t, err)
	require.Equal(t, []uint64{2, 3, 6}, positions)
}

// unanswered is a commit that is recorded, which its context does not live to hear.
func unanswered(t *testing.T, s, other *plainStore, commits ...plainCommit) *jetstream.UnknownOutcomeError {
	t.Helper()
	last := commits[len(commits)-1]
	return cancelled(t, s, commits, func() bool {
		at, err := other.Version(t.Context(), last.Key)
		return err == nil && at != last.Expected
	})
}

// givenUp is a commit that the server never gets.
func givenUp(t *testing.T, s *plainStore, w *proxy, commits ...plainCommit) *jetstream.UnknownOutcomeError {
	t.Helper()
	w.hold()
	events := 0
	for _, c := range commits {
		events += len(c.Events)
	}
	return cancelled(t, s, commits, func() bool { return w.holds(`"never"`) >= events })
}

// cancelled is a commit whose context ends when something has happened.
func cancelled(t *testing.T, s *plainStore, commits []plainCommit, happened func() bool) *jetstream.UnknownOutcomeError {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	failed := make(chan error, 1)
	go func() {
		_, err := s.Commit(ctx, commits...)
		failed <- err
	}()
	eventually(t, happened, "the commit is on its way")
	cancel()
	err := <-failed
	require.ErrorIs(t, err, core.ErrUnknownOutcome)
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, core.ErrConflict)
	return isUnknown(t, err)
}

// awaitHeld waits until all events of a commit are held.
func awaitHeld(t *testing.T, w *proxy, name string, size int) {
	t.Helper()
	eventually(t, func() bool { return w.holds(strconv.Quote(name)) >= size }, name)
}

func TestUnwrittenCommitIsUnknownUntilAnotherIsRecorded(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		for _, size := range []int{1, 3} {
			w, s, other, _ := lossy(t, replicas)
			unknown := givenUp(t, s, w, plainCommit{Key: account("a"), Events: notes("never", size)})
			_, err := other.Resolve(t.Context(), unknown)
			require.ErrorIs(t, err, core.ErrUnknownOutcome)

			at, err := core.CommitEvents(t.Context(), other, account("a"), notes("another", 2), core.NoMetadata{})
			require.NoError(t, err)
			_, err = other.Resolve(t.Context(), unknown)
			conflict, ok := errors.AsType[*core.ConflictError[uint64]](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, core.At(at), conflict.Actual)
			require.True(t, conflict.Expected.IsZero())
		}
	}
}

// One aggregate that moved on is enough to know that a commit to several never
// will be recorded, also when the others stand still.
func TestUnknownCommitConflictsWhenAnyAggregateMovedOn(t *testing.T) {
	for moved := range 3 {
		w, s, other, _ := lossy(t, 1)
		unknown := givenUp(t, s, w,
			plainCommit{Key: account("0"), Events: notes("never", 1)},
			plainCommit{Key: account("1"), Events: notes("never", 2)},
			plainCommit{Key: account("2"), Events: notes("never", 1)})
		at, err := core.CommitEvents(t.Context(), other, account(fmt.Sprint(moved)), notes("another", 1), core.NoMetadata{})
		require.NoError(t, err)
		_, err = other.Resolve(t.Context(), unknown)
		conflict, ok := errors.AsType[*core.ConflictError[uint64]](err)
		require.True(t, ok, "aggregate %d moved on: %v", moved, err)
		require.Equal(t, core.At(at), conflict.Actual)
	}
}

func TestUnsentCommitEndsWithTheContext(t *testing.T) {
	_, s, other, _ := lossy(t, 1)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, size := range []int{1, 3} {
		_, err := core.CommitEventsOptimistic(ended, s, account("a"), core.Version[uint64]{}, notes("ended", size), core.NoMetadata{})
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, core.ErrUnknownOutcome)
		_, err = core.CommitEvents(ended, s, account("a"), notes("ended", size), core.NoMetadata{})
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, core.ErrUnknownOutcome)
	}
	require.Empty(t, load(t, other, core.Filter[string, uint64]{}))
}

// A client that is not connected sends nothing, so nothing is unknown.
func TestCommitWithoutConnectionIsNotUnknown(t *testing.T) {
	w := &gate{proxy: newProxy(1)}
	cfg := impatient(1)
	nc, err := nats.Connect("", nats.InProcessServer(w), nats.MaxReconnects(-1), nats.ReconnectWait(time.Millisecond))
	require.NoError(t, err)
	defer nc.Close()
	s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, cfg)
	require.NoError(t, err)
	defer s.Close()
	w.shut.Store(true)
	w.cutAll()
	eventually(t, func() bool { return !nc.IsConnected() }, "the client notices")

	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = core.CommitEventsOptimistic(ctx, s, account("a"), core.Version[uint64]{}, notes("cut off", 1), core.NoMetadata{})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NotErrorIs(t, err, core.ErrUnknownOutcome)

	w.shut.Store(false)
	_, err = core.CommitEventsOptimistic(t.Context(), s, account("a"), core.Version[uint64]{}, notes("back", 1), core.NoMetadata{})
	require.NoError(t, err, "nothing of the first was sent later")
	require.Len(t, load(t, s, of(account("a"))), 1)
}

func TestResolveReturnsWhyItStopped(t *testing.T) {
	w, s, other, _ := lossy(t, 1)
	unknown := givenUp(t, s, w, plainCommit{Key: account("a"), Events: notes("never", 1)})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	_, err := s.Resolve(ctx, unknown)
	require.ErrorIs(t, err, core.ErrUnknownOutcome)
	require.ErrorIs(t, err, context.DeadlineExceeded, "the wire is still held")
	_, err = other.Resolve(ctx, unknown)
	require.ErrorIs(t, err, context.DeadlineExceeded, "and the context has ended")
	require.Equal(t, unknown.CommitID, isUnknown(t, err).CommitID, "an ended context answers no question")
}

// A write error in the middle of a batch can leave only its beginning.
func TestTornCommitIsNotRecorded(t *testing.T) {
	for last, recorded := range map[string]bool{"": false, "F 0 2/3 3 0": true} {
		s, cfg, nc := shared(t, nil)
		unknown := &jetstream.UnknownOutcomeError{CommitID: "F", Parts: []jetstream.UnknownPart{{Aggregate: cfg.Prefix + ".*.account.a", Count: 3}}}
		forge(t, nc, cfg, "a", "F 0 0/3 3 0")
		forge(t, nc, cfg, "a", "F 0 1/3 3 0")
		if last != "" {
			forge(t, nc, cfg, "a", last)
		}
		forge(t, nc, cfg, "b", "G 0 0/1 1 0")
		positions, err := s.Resolve(t.Context(), unknown)
		if recorded {
			require.NoError(t, err)
			require.Equal(t, []uint64{3}, positions)
			continue
		}
		require.ErrorIs(t, err, core.ErrConflict, "%q", last)
		_, err = core.CommitEventsOptimistic(t.Context(), s, account("a"), core.Version[uint64]{}, notes("goes on", 1), core.NoMetadata{})
		require.NoError(t, err, "%q", last)
		require.Len(t, load(t, s, of(account("a"))), 1)
		require.Len(t, load(t, s, core.Filter[string, uint64]{}), 2)
	}
}
