package reactor_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/reactor"
)

func TestReactorIsPausedAndResumedFromAnywhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		worker, elsewhere := reactor.NewWorker(store, mailer(notes, nil)), reactor.NewWorker(store, mailer(notes, nil))
		stop := runs(t, worker.Run)
		require.NoError(t, worker.Wait(t.Context(), pay(t, store, "a", 1)))
		require.NoError(t, elsewhere.Pause(t.Context()))
		time.Sleep(5 * time.Second)
		pay(t, store, "a", 2)
		time.Sleep(time.Hour)
		require.Equal(t, []string{"1"}, notes.read())
		paused, err := elsewhere.IsPaused(t.Context())
		require.NoError(t, err)
		require.True(t, paused)
		require.NoError(t, elsewhere.Resume(t.Context()))
		require.NoError(t, worker.CatchUp(t.Context()))
		require.Equal(t, []string{"2"}, notes.read())
		require.NoError(t, stop())
	})
}

func TestEventIsSkippedThatAWorkerIsStuckAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		pay(t, store, "a", 1, 2, 3)
		worker := reactor.NewWorker(store, mailer(notes, failing(2, -1)))
		stop := runs(t, worker.Run)
		time.Sleep(time.Minute)
		require.NoError(t, reactor.NewWorker(store, mailer(notes, nil)).Skip(t.Context(), 2))
		require.NoError(t, worker.CatchUp(t.Context()))
		got := notes.read()
		require.Equal(t, "3", got[len(got)-1])
		require.NoError(t, stop())
	})
}

func TestReactorIsReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		pay(t, store, "a", 1, 2)
		spread(t, store, 3, 5)
		worker := reactor.NewWorker(store, mailer(notes, nil))
		stop := runs(t, worker.Run)
		require.NoError(t, worker.CatchUp(t.Context()))
		require.Equal(t, []string{"1", "2", "3", "4"}, notes.read())
		time.Sleep(time.Second) // the progress is recorded
		operator := reactor.NewWorker(store, mailer(notes, nil))
		require.NoError(t, operator.Reset(t.Context(), at(1)))
		time.Sleep(10 * time.Second)
		require.Equal(t, []string{"2", "3", "4"}, notes.read(), "back")
		require.NoError(t, stop())
		end, err := store.LatestVersion(t.Context())
		require.NoError(t, err)
		require.NoError(t, operator.Reset(t.Context(), end))
		pay(t, store, "a", 9)
		goOn(t, reactor.NewWorker(store, mailer(notes, nil)))
		require.Equal(t, []string{"9"}, notes.read(), "forth")
		require.ErrorIs(t, operator.Reset(t.Context(), at(10000)), core.ErrBeyondEnd)
	})
}

func TestReactorBeginsWhereItIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		pay(t, store, "a", 1, 2, 3)
		for name, begin := range map[string]struct {
			with func(*bankWorker) *bankWorker
			want []string
		}{
			"beginning": {func(w *bankWorker) *bankWorker { return w }, []string{"1", "2", "3"}},
			"now":       {(*bankWorker).StartNow, nil},
			"after":     {func(w *bankWorker) *bankWorker { return w.StartAfter(at(2)) }, []string{"3"}},
		} {
			r := mailer(notes, nil).Of(name, accountKey("a"))
			goOn(t, begin.with(reactor.NewWorker(store, r)))
			require.Equal(t, begin.want, notes.read(), name)
			goOn(t, reactor.NewWorker(store, r).StartAfter(at(1)))
			require.Empty(t, notes.read(), "it is recorded where %s began", name)
		}
	})
}

func TestLaterEventsOfAParkedAggregateAreHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		var broken atomic.Bool
		broken.Store(true)
		worker := func() *bankWorker {
			return reactor.NewWorker(store, mailer(notes, func(e stored[fundsDeposited]) error {
				if broken.Load() && e.Event.Amount == 2 {
					return reactor.WithReason(errMail, "the office is closed")
				}
				return nil
			})).ParkAfter(1).HoldBack()
		}
		pay(t, store, "a", 1, 2, 3)
		pay(t, store, "b", 4)
		first := worker()
		stop := runs(t, first.Run)
		require.NoError(t, first.CatchUp(t.Context()))
		require.Equal(t, []string{"1", "2 failed", "4"}, notes.read())
		require.NoError(t, stop())

		pay(t, store, "a", 5) // held back also by another worker
		second := worker()
		stop = runs(t, second.Run)
		require.NoError(t, second.CatchUp(t.Context()))
		require.Empty(t, notes.read())
		parked, err := second.Parked(t.Context())
		require.NoError(t, err)
		require.Len(t, parked, 3)
		require.Equal(t, "the office is closed", parked[0].Reason)
		require.Equal(t, "*errors.errorString", parked[0].ErrorType)
		require.Contains(t, parked[1].Reason, "held back")

		broken.Store(false)
		require.NoError(t, worker().ReplayAll(t.Context()))
		require.Equal(t, []string{"2", "3", "5"}, notes.read())
		time.Sleep(5 * time.Second) // it looks whether there is anything to hold back
		require.NoError(t, second.Wait(t.Context(), pay(t, store, "a", 6)))
		require.Equal(t, []string{"6"}, notes.read())
		require.NoError(t, stop())
	})
}

func TestParkedEventsAreDiscarded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		pay(t, store, "a", 1, 2, 3)
		worker := parkedWith(t, store, mailer(notes, func(stored[fundsDeposited]) error { return errMail }))
		parked, err := worker.Parked(t.Context())
		require.NoError(t, err)
		require.NoError(t, worker.Discard(t.Context(), parked[1]))
		require.Equal(t, []uint64{1, 3}, parkedAt(t, worker))
		require.ErrorIs(t, worker.Discard(t.Context(), parked[1]), reactor.ErrNotParked)
		require.NoError(t, worker.DiscardAll(t.Context()))
		require.Empty(t, parkedAt(t, worker))
	})
}

func TestIdleWorkerHasNoLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		worker := reactor.NewWorker(store, mailer(notes, nil))
		pay(t, store, "a", 1, 2)
		visits(t, store, "a")
		lag, err := worker.Lag(t.Context())
		require.NoError(t, err)
		require.Equal(t, uint64(3), lag)
		stop := runs(t, worker.Run)
		require.NoError(t, worker.CatchUp(t.Context()))
		visits(t, store, "a")
		lag, err = worker.Lag(t.Context())
		require.NoError(t, err)
		require.Zero(t, lag, "what is not for it counts as passed")
		require.NoError(t, stop())
	})
}
