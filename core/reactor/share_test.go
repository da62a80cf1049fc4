package reactor_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fakes"
	"github.com/jetsource/jetsource/core/reactor"
)

// network is leases that a worker can be cut off from.
type network struct {
	*bankStore
	mu     sync.Mutex // guards the fields below
	cut    bool
	muted  bool // it hears the others, and they do not hear it
	breath int  // how many writes a muted worker has left
}

// mute lets only so many writes through from now on.
func (n *network) mute(breath int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.muted, n.breath = true, breath
}

func (n *network) isMute() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.breath--
	return n.muted && n.breath < 0
}

func (n *network) isCut() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cut {
		return context.DeadlineExceeded
	}
	return nil
}

func (n *network) set(cut bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut = cut
}

func (n *network) ReadLease(ctx context.Context, name string) ([]byte, uint64, error) {
	if err := n.isCut(); err != nil {
		return nil, 0, err
	}
	return n.bankStore.ReadLease(ctx, name)
}

func (n *network) WriteLease(ctx context.Context, name string, value []byte, revision uint64) (uint64, error) {
	if err := n.isCut(); err != nil {
		return 0, err
	}
	if n.isMute() {
		return 0, context.DeadlineExceeded
	}
	return n.bankStore.WriteLease(ctx, name, value, revision)
}

// spread records deposits on many accounts.
func spread(t *testing.T, store core.EventStore[string, uint64, string], from, to int) (v version) {
	t.Helper()
	for i := from; i < to; i++ {
		v = pay(t, store, fmt.Sprint("account-", i), int64(i))
	}
	return v
}

// requireEachCopied checks that each of so many deposits was copied once.
func requireEachCopied(t *testing.T, store core.EventStore[string, uint64, string], n int) {
	t.Helper()
	var want []string
	for i := range n {
		want = append(want, text(i))
	}
	require.ElementsMatch(t, want, copies(t, store))
}

// sharing is a worker beside others, which counts what it reacts to.
type sharing struct {
	*bankWorker
	network *network
	stop    func() error
	mu      sync.Mutex // guards reacted
	reacted int
}

func share(t *testing.T, store *bankStore) *sharing {
	s := &sharing{network: &network{bankStore: store}}
	s.bankWorker = reactor.NewWorker(store, copier(func(stored[fundsDeposited]) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.reacted++
		return nil
	})).WithLeases(s.network)
	s.stop = runs(t, s.Run)
	return s
}

// count returns how much was reacted to since it was asked last.
func (s *sharing) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.reacted
	s.reacted = 0
	return n
}

func TestWorkersShareThePartitionsEvenly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := fakes.Log(t)
		store, from := newBank(), 0
		var all []*sharing
		// work has all deposits reacted to, each by one worker.
		work := func(running ...*sharing) {
			t.Helper()
			v := spread(t, store, from, from+320)
			from += 320
			for _, s := range running {
				require.NoError(t, s.Wait(t.Context(), v))
			}
			for _, s := range running {
				require.InDelta(t, 320/len(running), s.count(), 70, "of %d", len(running))
			}
			requireEachCopied(t, store, from)
		}
		for range 3 {
			all = append(all, share(t, store))
			time.Sleep(3 * time.Second)
			work(all...)
		}
		require.NoError(t, all[0].stop())
		time.Sleep(2 * time.Second)
		work(all[1:]...)

		all[1].network.set(true) // it is cut off
		time.Sleep(8 * time.Second)
		work(all[2])
		all[1].network.set(false)
		time.Sleep(3 * time.Second)
		work(all[1:]...)
		for _, s := range all[1:] {
			require.NoError(t, s.stop())
		}
		require.Contains(t, log.String(), reactor.ErrLeaseLost.Error(), "it is never lost in silence")
		require.Less(t, strings.Count(log.String(), "cannot be renewed"), 3)
	})
}

// A worker goes on from what others have seen of the dead: none has to live for as long as a
// lease lasts.
func TestWorkersThatDieSoonTakeOverFromTheDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		ttl := store.LeaseTTL()
		live := func(d time.Duration) {
			s := share(t, store)
			time.Sleep(d)
			s.network.set(true) // it says nothing any more
			_ = s.stop()
		}
		live(ttl)
		spread(t, store, 0, 64)
		for range 6 {
			live(ttl / 2)
		}
		requireEachCopied(t, store, 64)
	})
}

// A worker whose beats were not recorded for longer than a lease, and are recorded again, counts
// as alive from then on: another worker that takes its partitions would react to the same events.
func TestWorkerThatIsHeardAgainKeepsItsPartitions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		ttl := store.LeaseTTL()
		old := share(t, store)
		time.Sleep(ttl)
		old.network.mute(0)
		time.Sleep(4 * ttl)
		old.network.mute(1) // others may take over when it has been silent for a lease after this
		time.Sleep(ttl / 5)
		young := share(t, store)
		time.Sleep(ttl / 10)
		spread(t, store, 0, 64)
		time.Sleep(ttl / 10)
		require.Positive(t, old.count(), "it has stopped with what the other is to have")
		require.Zero(t, young.count(), "which may not begin yet")
		require.NoError(t, young.stop())
		require.NoError(t, old.stop())
	})
}

// The fence is in the store: nothing is recorded twice, whatever the leases say.
func TestFencedPartitionGoesOnWhereTheOtherIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		spread(t, store, 0, 60)
		slowly := func(stored[fundsDeposited]) error {
			time.Sleep(time.Second)
			return nil
		}
		var stops []func() error
		var workers []*bankWorker
		for range 2 {
			w := reactor.NewWorker(store, copier(slowly).WithPartitions(4)).WithLeases(newBank()) // leases that the other does not see
			workers, stops = append(workers, w), append(stops, runs(t, w.Run))
		}
		for i, w := range workers {
			require.NoError(t, w.CatchUp(t.Context()))
			require.NoError(t, stops[i]())
		}
		requireEachCopied(t, store, 60)
	})
}

func TestErrorEndsAWorkerWithLeasesAndGivesThemBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		pay(t, store, "a", 1)
		worker := reactor.NewWorker(store, mailer(new(recorder), failing(1, -1))).WithLeases(store).StopAfter(1)
		require.ErrorIs(t, worker.Run(t.Context()), errMail)
		value, _, err := store.ReadLease(t.Context(), "reactor.mailer."+store.StoreID())
		require.NoError(t, err)
		require.NotContains(t, string(value), "owner")
	})
}

func TestNumberOfPartitionsIsRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		pay(t, store, "a", 1)
		goOn(t, reactor.NewWorker(store, mailer(notes, nil).WithPartitions(4)))
		var refused *reactor.PartitionsError
		require.ErrorAs(t, reactor.NewWorker(store, mailer(notes, nil).WithPartitions(5)).Run(t.Context()), &refused)
		require.Equal(t, reactor.PartitionsError{Reactor: "mailer", Recorded: 4, Want: 5}, *refused)
		for _, n := range []int{0, -1, reactor.MaxPartitions + 1} {
			require.Panics(t, func() { mailer(notes, nil).WithPartitions(n) })
		}
	})
}

// Events of one aggregate are in order, those of others beside them.
func TestPartitionsAreBesideEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		for i := range 64 {
			pay(t, store, fmt.Sprint("account-", i), int64(i), int64(100+i))
		}
		var mu sync.Mutex
		last := make(map[string]int64)
		took := make(map[int]time.Duration)
		for _, n := range []int{1, 64} {
			begun := time.Now()
			goOn(t, reactor.NewWorker(store, reactor.Define(fmt.Sprint("slow-", n), reactor.On(func(_ context.Context, e stored[fundsDeposited]) error {
				time.Sleep(5 * time.Millisecond)
				mu.Lock()
				defer mu.Unlock()
				if e.Event.Amount >= 100 && last[e.Key.ID] != e.Event.Amount-100 {
					t.Errorf("%d of %s came after %d", e.Event.Amount, e.Key.ID, last[e.Key.ID])
				}
				last[e.Key.ID] = e.Event.Amount
				return nil
			})).WithPartitions(n)))
			took[n] = time.Since(begun)
		}
		require.Greater(t, took[1], 10*took[64])
	})
}

// A partition that is stuck holds up no other.
func TestStuckPartitionHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		var mu sync.Mutex
		stuck := true
		worker := reactor.NewWorker(store, reactor.Define("r", reactor.On(func(_ context.Context, e stored[fundsDeposited]) error {
			mu.Lock()
			defer mu.Unlock()
			if stuck && e.Key.ID == "account-0" {
				return errMail
			}
			notes.write("%s", e.Key.ID)
			return nil
		})))
		for range 300 { // more than its queue has room for
			pay(t, store, "account-0", 1)
		}
		spread(t, store, 1, 200)
		stop := runs(t, worker.Run)
		time.Sleep(time.Minute)
		require.Greater(t, len(notes.read()), 150, "the others go on")
		mu.Lock()
		stuck = false
		mu.Unlock()
		require.NoError(t, worker.CatchUp(t.Context()))
		require.GreaterOrEqual(t, len(notes.read()), 300)
		require.NoError(t, stop())
	})
}

// A batch has the outputs of many inputs. One that is refused holds up its partition alone.
func TestOutputsOfManyInputsAreOneBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		v := spread(t, store, 0, 2000)
		worker := reactor.NewWorker(store, copier(nil))
		stop := runs(t, worker.Run)
		require.NoError(t, worker.Wait(t.Context(), v))
		require.NoError(t, stop())
		requireEachCopied(t, store, 2000)
		count, _ := checkpoints(t, store, "copier")
		require.LessOrEqual(t, count, 2000/20)

		refused := 0
		late := reactor.NewWorker(store, reactor.Define("late", reactor.Produce(func(_ context.Context, e stored[fundsDeposited]) ([]bankCommit, error) {
			key := bankKey{Kind: "late", ID: text(e.Event.Amount)}
			if e.Event.Amount%500 == 7 && refused < 12 {
				refused++
				return []bankCommit{{Key: key, Expected: at(1), Events: []core.Event{copied(e.Event)}}}, nil
			}
			return []bankCommit{{Key: key, Events: []core.Event{copied(e.Event)}}}, nil
		})).WithPartitions(1))
		stop = runs(t, late.Run)
		require.NoError(t, late.Wait(t.Context(), v))
		require.NoError(t, stop())
		require.Len(t, copies(t, store), 4000)
	})
}
