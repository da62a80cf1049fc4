package reactor_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/reactor"
)

// recorder records what the reactors of these tests did.
type recorder struct {
	mu    sync.Mutex // guards notes
	notes []string
}

func (n *recorder) write(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.notes = append(n.notes, fmt.Sprintf(format, args...))
}

// read returns what was written since it was read last.
func (n *recorder) read() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	notes := n.notes
	n.notes = nil
	return notes
}

// mailer notes each deposit, unless fails returns an error for it.
func mailer(n *recorder, fails func(e stored[fundsDeposited]) error) *bankReactor {
	return reactor.Define("mailer", reactor.On(func(_ context.Context, e stored[fundsDeposited]) error {
		if fails != nil {
			if err := fails(e); err != nil {
				n.write("%d failed", e.Event.Amount)
				return err
			}
		}
		n.write("%d", e.Event.Amount)
		return nil
	})).WithPartitions(1)
}

// checkpoints counts what a worker has recorded of its progress in the log, and returns the
// last of it.
func checkpoints(t *testing.T, store core.SystemStore[string, uint64, string], name string) (count int, last string) {
	t.Helper()
	var latest uint64
	for n := range reactor.MaxPartitions {
		key := core.EntryKey{Kind: "_reactor-" + name, Name: fmt.Sprintf("partition-%d", n)}
		for e, err := range store.LoadEntries(t.Context(), key, version{}) {
			require.NoError(t, err)
			if count++; e.Position > latest {
				latest = e.Position
				var c map[string]any
				require.NoError(t, json.Unmarshal(e.Data, &c))
				delete(c, "batch")
				data, err := json.Marshal(c)
				require.NoError(t, err)
				last = string(data)
			}
		}
	}
	return count, last
}

func TestWorkerReactsToEachEventInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		pay(t, store, "a", 1, 2)
		worker := reactor.NewWorker(store, mailer(notes, nil))
		stop := runs(t, worker.Run)
		for i := range int64(3) {
			visits(t, store, "a")
			pay(t, store, text(i), 10+i)
		}
		require.NoError(t, worker.CatchUp(t.Context()))
		require.Equal(t, []string{"1", "2", "10", "11", "12"}, notes.read())
		require.NoError(t, stop())
		count, _ := checkpoints(t, store, "mailer")
		require.Zero(t, count, "effects leave nothing in the log")
	})
}

func TestReactorIsScopedLikeAProjection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		note := func(handler string) bankHandler {
			return reactor.On(func(_ context.Context, e stored[fundsDeposited]) error {
				notes.write("%s %s", handler, e.Key.ID)
				return nil
			})
		}
		opened := reactor.On(func(_ context.Context, e stored[accountOpened]) error {
			notes.write("opened %s by %s", e.Key.ID, e.Metadata)
			return nil
		})
		all := reactor.Define("all", opened, note("a").Of(accountKey("a")), note("b").Of(accountKey("b"))).WithPartitions(1)
		one := all.Of("one", accountKey("c"))
		require.Equal(t, "one", one.Name())
		for _, id := range []string{"a", "b", "c"} {
			coretest.SeedWith(t, store, accountKey(id), "ada", accountOpened{}, fundsDeposited{1})
		}
		for scope, want := range map[*bankReactor][]string{
			all: {"opened a by ada", "a a", "opened b by ada", "b b", "opened c by ada"},
			one: {"a a", "b b", "opened c by ada"},
		} {
			worker := reactor.NewWorker(store, scope)
			stop := runs(t, worker.Run)
			require.NoError(t, worker.CatchUp(t.Context()))
			require.NoError(t, stop())
			require.Equal(t, want, notes.read())
		}
		require.PanicsWithValue(t, `reactor: twice: two handlers for event "account.deposited"`, func() { reactor.Define("twice", note("a"), note("b")) })
		require.PanicsWithValue(t, `reactor: reactor name "_x": it begins with an underscore, which is reserved`, func() { all.Of("_x") })
		require.PanicsWithValue(t, `reactor: reactor name "": it is empty`, func() { reactor.Define[string, uint64, string]("") })
	})
}

func TestHandlerOfAPointerPanicsAndSaysWhatToWrite(t *testing.T) {
	require.PanicsWithValue(t, "reactor: handler takes a *reactor_test.fundsDeposited, and events are values: write func(ctx context.Context, e core.Recorded[reactor_test.fundsDeposited, ID, Pos, M]) ...", func() {
		reactor.On(func(context.Context, stored[*fundsDeposited]) error { return nil })
	})
}

func TestReactorTakesOldKindsOfAnEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		coretest.Seed(t, store, priceKey, priceSetV1{"3"}, priceSetV2{350}, priceSet{400, "USD"})
		worker := reactor.NewWorker(store, reactor.Define("prices", reactor.On(func(_ context.Context, e stored[priceSet]) error {
			notes.write("%d%s", e.Event.Cents, e.Event.Currency)
			return nil
		})))
		stop := runs(t, worker.Run)
		require.NoError(t, worker.CatchUp(t.Context()))
		require.Equal(t, []string{"300EUR", "350EUR", "400USD"}, notes.read())
		require.NoError(t, stop())
	})
}

func TestWorkerResumesFromTheCheckpoint(t *testing.T) {
	for name, of := range map[string]func(*bankStore) core.SystemStore[string, uint64, string]{
		"kept with the store": func(s *bankStore) core.SystemStore[string, uint64, string] { return s },
		"kept in the log":     func(s *bankStore) core.SystemStore[string, uint64, string] { return plainStore{s} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store, notes := newBank(), new(recorder)
				var want []string
				for i := range int64(7) {
					worker := reactor.NewWorker(of(store), mailer(notes, nil))
					pay(t, store, "a", i)
					stop := runs(t, worker.Run)
					visits(t, store, "b")
					pay(t, store, "b", 10+i)
					require.NoError(t, worker.CatchUp(t.Context()))
					require.NoError(t, stop())
					want = append(want, text(i), text(10+i))
				}
				require.Equal(t, want, notes.read())
			})
		})
	}
}

// A reaction that was under way when the worker was stopped is finished, and
// recorded.
func TestStopDuringAReactionRecordsIt(t *testing.T) {
	for range 1 {
		synctest.Test(t, func(t *testing.T) {
			store, notes := newBank(), new(recorder)
			slow := func(e stored[fundsDeposited]) error {
				time.Sleep(time.Second)
				return nil
			}
			worker := reactor.NewWorker(store, mailer(notes, slow))
			pay(t, store, "a", 1, 2)
			stop := runs(t, worker.Run)
			time.Sleep(time.Second / 2)
			require.NoError(t, stop())
			require.Equal(t, []string{"1"}, notes.read())

			worker = reactor.NewWorker(store, mailer(notes, nil))
			stop = runs(t, worker.Run)
			require.NoError(t, worker.CatchUp(t.Context()))
			require.NoError(t, stop())
			require.Equal(t, []string{"2"}, notes.read())
		})
	}
}

func TestWorkerThatFailsRecordsTheEventsBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		bad := errors.New("no such address")
		fails := func(e stored[fundsDeposited]) error {
			if e.Event.Amount == 3 {
				return bad
			}
			return nil
		}
		pay(t, store, "a", 1, 2, 3)
		worker := reactor.NewWorker(store, mailer(notes, fails)).StopAfter(1)
		require.ErrorIs(t, worker.Run(t.Context()), bad)
		require.Equal(t, []string{"1", "2", "3 failed"}, notes.read())
		stop := runs(t, reactor.NewWorker(store, mailer(notes, nil)).Run)
		synctest.Wait()
		require.Equal(t, []string{"3"}, notes.read())
		require.NoError(t, stop())

		cause := core.Final(errors.New("cable cut"))
		pay(t, store, "a", 4)
		require.ErrorIs(t, reactor.NewWorker(lost{store, cause}, mailer(notes, nil)).Run(t.Context()), cause)
		stop = runs(t, reactor.NewWorker(store, mailer(notes, nil)).Run)
		synctest.Wait()
		require.Equal(t, []string{"4"}, notes.read(), "by the first, which recorded it before it ended, or by the second")
		require.NoError(t, stop())
	})
}

func TestWorkersOfDifferentReactorsAreIndependent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		deposits := mailer(notes, nil)
		one, other := reactor.NewWorker(store, deposits), reactor.NewWorker(store, deposits.Of("postman", accountKey("a")))
		stopOne, stopOther := runs(t, one.Run), runs(t, other.Run)
		v := pay(t, store, "a", 1)
		require.NoError(t, one.Wait(t.Context(), v))
		require.NoError(t, other.Wait(t.Context(), v))
		require.Equal(t, []string{"1", "1"}, notes.read())
		require.NoError(t, stopOne())
		require.NoError(t, stopOther())
	})
}

func TestWorkerCanBeWaitedForLikeALiveProjection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		worker := reactor.NewWorker(store, mailer(notes, nil).Of("mailer", accountKey("a")))
		require.True(t, worker.Processed().IsZero())
		stop := runs(t, worker.Run)
		for _, v := range []version{pay(t, store, "a", 1), pay(t, store, "b", 2), visits(t, store, "a")} {
			require.NoError(t, worker.Wait(t.Context(), v))
		}
		require.Equal(t, []string{"1"}, notes.read())
		require.ErrorIs(t, worker.Wait(t.Context(), at(1000)), core.ErrBeyondEnd)
		require.NoError(t, stop())
		v := pay(t, store, "a", 3)
		err := worker.Wait(t.Context(), v)
		require.ErrorIs(t, err, core.ErrStopped)
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, worker.CatchUp(t.Context()), core.ErrStopped)
	})
}

// A checkpoint of a log that was longer than this one is no place to begin.
func TestCheckpointBeyondTheEndOfTheStoreIsRefused(t *testing.T) {
	store, notes := newBank(), new(recorder)
	_, err := store.Commit(t.Context(), bankCommit{Entry: &core.Entry{
		Key: core.EntryKey{Kind: "_reactor-mailer", Name: "partition-0"}, Kind: "checkpoint", Data: []byte(`{"processed":1000}`),
	}})
	require.NoError(t, err)
	require.ErrorIs(t, reactor.NewWorker(store, mailer(notes, nil)).Run(t.Context()), core.ErrBeyondEnd)
}

func TestCheckpointThatCannotBeReadIsAnError(t *testing.T) {
	store, notes := newBank(), new(recorder)
	_, err := store.Commit(t.Context(), bankCommit{Entry: &core.Entry{
		Key: core.EntryKey{Kind: "_reactor-mailer", Name: "partition-0"}, Kind: "checkpoint", Data: []byte(`{"processed":"x"}`),
	}})
	require.NoError(t, err)
	require.ErrorContains(t, reactor.NewWorker(store, mailer(notes, nil)).Run(t.Context()), "reactor mailer: checkpoint at 1: ")
}

func TestRunIsCalledOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		worker := reactor.NewWorker(newBank(), reactor.Define[string, uint64, string]("idle"))
		stop := runs(t, worker.Run)
		synctest.Wait()
		require.EqualError(t, worker.Run(t.Context()), "reactor: Run was called before")
		require.NoError(t, stop())
	})
}

// plainStore is a store that keeps no leases.
type plainStore struct {
	core.SystemStore[string, uint64, string]
}
