package reactor_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/reactor"
)

// copied is what a reactor of these tests makes of a deposit.
type copied struct{ Amount int64 }

func (copied) EventKind() string { return "copy.made" }

// copyKey is where the copies of a deposit go.
func copyKey(amount int64) bankKey { return bankKey{Kind: "copy", ID: text(amount)} }

// copier commits a copy of each deposit that is not negative, unchecked, so that
// one too many would be seen. It calls before each time that it decides.
func copier(before func(e stored[fundsDeposited]) error) *bankReactor {
	return reactor.Define("copier", reactor.Produce(func(_ context.Context, e stored[fundsDeposited]) ([]bankCommit, error) {
		if before != nil {
			if err := before(e); err != nil {
				return nil, err
			}
		}
		if e.Event.Amount < 0 {
			return nil, nil
		}
		return []bankCommit{{Key: copyKey(e.Event.Amount), Unchecked: true, Events: []core.Event{copied(e.Event)}}}, nil
	}))
}

// copies are the copies that were made, in order.
func copies(t *testing.T, store core.EventStore[string, uint64, string]) (all []string) {
	t.Helper()
	for e, err := range store.LoadEvents(t.Context(), bankFilter{EventKind: "copy.made"}) {
		require.NoError(t, err)
		all = append(all, e.Key.ID)
	}
	return all
}

func TestOutputsAreRecordedWithTheProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		worker := reactor.NewWorker(store, reactor.Define("copier", reactor.Produce(func(_ context.Context, e stored[fundsDeposited]) ([]bankCommit, error) {
			if e.Event.Amount == 0 {
				return nil, nil
			}
			return []bankCommit{
				{Key: copyKey(e.Event.Amount), Events: []core.Event{copied{1}, copied{2}}, Metadata: "copier", CommandID: e.EventID()},
				{Key: copyKey(-e.Event.Amount), Events: []core.Event{copied{3}}},
			}, nil
		})))
		stop := runs(t, worker.Run)
		require.NoError(t, worker.Wait(t.Context(), pay(t, store, "a", 7, 0)))
		require.Equal(t, []string{"7", "7", "-7"}, copies(t, store))
		for e, err := range store.LoadEvents(t.Context(), bankFilter{Aggregate: new(copyKey(7))}) {
			require.NoError(t, err)
			require.Equal(t, "copier", e.Metadata)
			require.NotEmpty(t, e.CommandID)
		}
		count, _ := checkpoints(t, store, "copier")
		require.Equal(t, 1, count)
		require.NoError(t, stop())
	})
}

// A reactor reacts to its own outputs if it has a handler for them.
func TestOutputsAreDeliveredLikeOtherEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		worker := reactor.NewWorker(store, reactor.Define("halver", reactor.Produce(func(_ context.Context, e stored[fundsDeposited]) ([]bankCommit, error) {
			if e.Event.Amount == 1 {
				return nil, nil
			}
			return []bankCommit{{Key: e.Key, Unchecked: true, Events: []core.Event{fundsDeposited{e.Event.Amount / 2}}}}, nil
		})))
		stop := runs(t, worker.Run)
		pay(t, store, "a", 8)
		time.Sleep(time.Second) // a batch waits a moment for more
		require.Equal(t, []int64{8, 4, 2, 1}, amounts(t, store))
		require.NoError(t, stop())
	})
}

func TestConflictOfAnOutputRepeatsTheReaction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		var decisions []version
		worker := reactor.NewWorker(store, reactor.Define("copier", reactor.Produce(func(ctx context.Context, e stored[fundsDeposited]) ([]bankCommit, error) {
			key := copyKey(e.Event.Amount)
			v, err := store.Version(ctx, key)
			if err != nil {
				return nil, err
			}
			if decisions = append(decisions, v); len(decisions) < 3 {
				coretest.Seed(t, store, key, copied{-1}) // another writer is faster
			}
			return []bankCommit{{Key: key, Expected: v, Events: []core.Event{copied(e.Event)}}}, nil
		})))
		stop := runs(t, worker.Run)
		require.NoError(t, worker.Wait(t.Context(), pay(t, store, "a", 1)))
		require.Equal(t, []version{{}, at(3), at(4)}, decisions)
		require.Equal(t, []string{"1", "1", "1"}, copies(t, store))
		require.NoError(t, stop())
	})
}

// An output that is never accepted is the reaction's fault.
func TestOutputThatIsRefusedIsAnAttempt(t *testing.T) {
	for name, outputs := range map[string][]bankCommit{
		"in conflict":        {{Key: copyKey(1), Expected: at(99), Events: []core.Event{copied{}}}},
		"of no events":       {{Key: copyKey(1), Unchecked: true}},
		"of a reserved kind": {{Key: copyKey(1), Events: []core.Event{reserved{}}}},
		"to one aggregate":   {{Key: copyKey(1), Events: []core.Event{copied{}}}, {Key: copyKey(1), Events: []core.Event{copied{}}}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newBank()
				pay(t, store, "a", 1)
				worker := reactor.NewWorker(store, reactor.Define("copier", reactor.Produce(func(context.Context, stored[fundsDeposited]) ([]bankCommit, error) { return outputs, nil })))
				err := worker.StopAfter(3).Run(t.Context())
				fault, ok := errors.AsType[*reactor.ReactionError](err)
				require.True(t, ok, "%v", err)
				require.Equal(t, 3, fault.Attempts)
				require.Empty(t, copies(t, store))
				count, _ := checkpoints(t, store, "copier")
				require.Zero(t, count)
			})
		})
	}
}

// faultyStep is a store with a fault at one of the worker's calls, before the call or
// after it.
type faultyStep struct {
	*memory.Store[string, string]
	calls  atomic.Int64
	at     int64
	before bool
	fault  func() error
}

func (s *faultyStep) step(call func() error) error {
	due := s.calls.Add(1) == s.at
	if due && s.before {
		if err := s.fault(); err != nil {
			return err
		}
	}
	err := call()
	if due && !s.before && err == nil {
		err = s.fault()
	}
	return err
}

func (s *faultyStep) Commit(ctx context.Context, commits ...bankCommit) (committed []bankCommitted, _ error) {
	if commits[0].Entry == nil { // the test's own
		return s.Store.Commit(ctx, commits...)
	}
	err := s.step(func() (err error) {
		committed, err = s.Store.Commit(ctx, commits...)
		return err
	})
	return committed, err
}

func (s *faultyStep) LastEntry(ctx context.Context, key core.EntryKey) (e storedEntry, ok bool, _ error) {
	err := s.step(func() (err error) {
		e, ok, err = s.Store.LastEntry(ctx, key)
		return err
	})
	return e, ok, err
}

func (s *faultyStep) Subscribe(ctx context.Context, filters ...bankFilter) iter.Seq2[bankEvent, error] {
	return func(yield func(bankEvent, error) bool) {
		for e, err := range s.Store.Subscribe(ctx, filters...) {
			if err == nil {
				err = s.step(func() error { return nil })
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

func (s *faultyStep) DecodeEvent(e bankEvent, event any) error {
	return s.step(func() error { return s.Store.DecodeEvent(e, event) })
}

// Whatever happens to a worker, at whatever step, each event has its outputs
// once, when another worker has gone on.
func TestOutputsAreRecordedOnceDespiteFaults(t *testing.T) {
	const amounts = 5
	happenings := map[string]func(cancel func()) error{
		"crash":           func(func()) error { runtime.Goexit(); return nil },
		"stop":            func(cancel func()) error { cancel(); return nil },
		"lost answer":     func(func()) error { return core.ErrUnknownOutcome },
		"timeout":         func(func()) error { return context.DeadlineExceeded },
		"error":           func(func()) error { return errors.New("no responders") },
		"stop with error": func(cancel func()) error { cancel(); return core.ErrUnknownOutcome },
		"closed":          func(func()) error { return core.ErrClosed },
	}
	for name, happen := range happenings {
		for _, partitions := range []int{1, 4} {
			t.Run(fmt.Sprintf("%s, %d partitions", name, partitions), func(t *testing.T) {
				for step := int64(1); step <= 3*amounts+2; step++ {
					for _, before := range []bool{true, false} {
						synctest.Test(t, func(t *testing.T) {
							ctx, cancel := context.WithCancel(t.Context())
							defer cancel()
							store := &faultyStep{Store: newBank(), at: step, before: before}
							store.fault = func() error { return happen(cancel) }
							pay(t, store, "a", 0, -1, -2, 1, -3) // progress is recorded without outputs, too
							worker := func() *bankWorker { return reactor.NewWorker(store, copier(nil).WithPartitions(partitions)) }
							first := make(chan error, 1)
							go func() { first <- worker().Run(ctx) }()
							time.Sleep(time.Minute)
							cancel()
							synctest.Wait()
							require.True(t, len(first) == 1 || name == "crash", "step %d: it did not end", step)
							store.at = 0
							second := worker()
							stop := runs(t, second.Run)
							require.NoError(t, second.CatchUp(t.Context()))
							require.NoError(t, stop())
							require.Equal(t, []string{"0", "1"}, copies(t, store), "step %d, before it: %t", step, before)
						})
					}
				}
			})
		}
	}
}

func TestOfTwoWorkersWithoutALeaseOneIsFenced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		var want []string
		for i := range int64(20) {
			pay(t, store, "a", i)
			want = append(want, text(i))
		}
		slowly := func(stored[fundsDeposited]) error {
			time.Sleep(time.Second)
			return nil
		}
		ended := make(chan error, 2)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		for range 2 {
			go func() { ended <- reactor.NewWorker(store, copier(slowly)).Run(ctx) }()
		}
		err := <-ended
		require.ErrorIs(t, err, reactor.ErrFenced)
		require.EqualError(t, err, "reactor copier: another worker has taken over")
		time.Sleep(time.Hour)
		require.Equal(t, want, copies(t, store))
		require.Empty(t, ended)
		cancel()
		require.NoError(t, <-ended)
	})
}

// A worker that slept through the work of another one moves nothing back.
func TestPausedWorkerRecordsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		pay(t, store, "a", 1, 2, 3)
		asleep := true
		sleeper := reactor.NewWorker(store, copier(func(e stored[fundsDeposited]) error {
			if asleep && e.Event.Amount == 2 {
				asleep = false
				time.Sleep(time.Hour)
			}
			return nil
		}))
		ended := make(chan error, 1)
		go func() { ended <- sleeper.Run(t.Context()) }()
		time.Sleep(time.Minute)
		other := reactor.NewWorker(store, copier(nil))
		stop := runs(t, other.Run)
		require.NoError(t, other.CatchUp(t.Context()))
		require.NoError(t, stop())
		before, last := checkpoints(t, store, "copier")
		require.ErrorIs(t, <-ended, reactor.ErrFenced)
		after, still := checkpoints(t, store, "copier")
		require.Equal(t, before, after)
		require.Equal(t, last, still)
		require.Equal(t, []string{"1", "2", "3"}, copies(t, store))
	})
}
