package reactor_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/reactor"
)

// parkedWith runs a worker until it has parked what cannot be reacted to.
func parkedWith(t *testing.T, store core.SystemStore[string, uint64, string], r *bankReactor) *bankWorker {
	t.Helper()
	worker := reactor.NewWorker(store, r).ParkAfter(2)
	stop := runs(t, worker.Run)
	require.NoError(t, worker.CatchUp(t.Context()))
	require.NoError(t, stop())
	return worker
}

// positions of what is parked.
func parkedAt(t *testing.T, w *bankWorker) (positions []uint64) {
	t.Helper()
	parked, err := w.Parked(t.Context())
	require.NoError(t, err)
	for _, p := range parked {
		positions = append(positions, p.Position)
	}
	return positions
}

func TestEventIsParkedAndTheWorkerGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		pay(t, store, "a", 1, 2, 3)
		spoil(t, store, "b")
		pay(t, store, "a", 4)
		fails := failing(2, -1)
		worker := parkedWith(t, store, mailer(notes, func(e stored[fundsDeposited]) error { return reactor.WithReason(fails(e), "closed") }))
		require.Equal(t, []string{"1", "2 failed", "2 failed", "3", "4"}, notes.read())
		parked, err := worker.Parked(t.Context())
		require.NoError(t, err)
		require.Len(t, parked, 2)
		require.NotEmpty(t, parked[0].EventID)
		require.Equal(t, reactor.ParkedEvent[uint64]{
			Position: 2, EventID: parked[0].EventID, Kind: "account.deposited", Key: "account a", Attempts: 2, ErrorType: "*errors.errorString", Reason: "closed",
		}, parked[0])
		require.Equal(t, uint64(4), parked[1].Position)
		require.Equal(t, 1, parked[1].Attempts)
		require.Equal(t, "*core.DecodeError", parked[1].ErrorType)
		require.Empty(t, parked[1].Reason)

		// Who did not park them sees them, and a reactor of another name does not.
		require.Equal(t, []uint64{2, 4}, parkedAt(t, reactor.NewWorker(store, mailer(notes, nil))))
		require.Empty(t, parkedAt(t, reactor.NewWorker(store, mailer(notes, nil).Of("other"))))
	})
}

// The parked event and the progress past it are one commit.
func TestParkingIsRecordedWithTheProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		pay(t, store, "a", 1, 2)
		parkedWith(t, store, mailer(new(recorder), failing(1, -1)))
		count, last := checkpoints(t, store, "mailer")
		require.Equal(t, 1, count)
		require.JSONEq(t, `{"processed":1}`, last)
		latest, err := store.LatestVersion(t.Context())
		require.NoError(t, err)
		require.Equal(t, at(5), latest, "two events, the layout, a checkpoint, one entry")

		for _, before := range []bool{true, false} {
			for step := int64(1); step < 9; step++ {
				store := &faultyStep{Store: newBank(), at: step, before: before}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // if there are fewer steps
				store.fault = func() error { cancel(); return nil }
				pay(t, store, "a", 1, 2)
				require.NoError(t, reactor.NewWorker(store, mailer(new(recorder), failing(1, -1))).ParkAfter(1).Run(ctx))
				cancel()
				store.at = 0
				worker := parkedWith(t, store, mailer(new(recorder), failing(1, -1)))
				require.Equal(t, []uint64{1}, parkedAt(t, worker), "step %d, before it: %t", step, before)
			}
		}
	})
}

func TestReplayReactsAndUnparks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		pay(t, store, "a", 1, 2, 3)
		always := func(stored[fundsDeposited]) error { return errMail }
		worker := parkedWith(t, store, mailer(notes, always))
		require.Equal(t, []uint64{1, 2, 3}, parkedAt(t, worker))
		notes.read()

		err := worker.Replay(t.Context(), parkedEvent(2))
		require.ErrorIs(t, err, errMail)
		require.Equal(t, []uint64{1, 2, 3}, parkedAt(t, worker), "it stays parked")
		cured := reactor.NewWorker(store, mailer(notes, nil))
		require.NoError(t, cured.Replay(t.Context(), parkedEvent(2)))
		require.Equal(t, []uint64{1, 3}, parkedAt(t, worker))
		require.Equal(t, []string{"2 failed", "2"}, notes.read())

		for _, position := range []uint64{2, 4, 99} {
			err = cured.Replay(t.Context(), parkedEvent(position))
			require.ErrorIs(t, err, reactor.ErrNotParked)
			require.ErrorContains(t, err, "reactor mailer, position "+text(position)+": event is not parked")
		}
		require.Empty(t, notes.read())
		require.NoError(t, cured.Replay(t.Context(), parkedEvent(3)))
		require.NoError(t, cured.Replay(t.Context(), parkedEvent(1)))
		require.Empty(t, parkedAt(t, worker))

		// The progress of a worker is not touched.
		stop := runs(t, cured.Run)
		notes.read()
		require.NoError(t, cured.Wait(t.Context(), pay(t, store, "a", 4)))
		require.Equal(t, []string{"4"}, notes.read())
		require.NoError(t, stop())
	})
}

// A reactor that does not take the event any more cannot replay it.
func TestReplayOfAnEventWithoutHandlerIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		pay(t, store, "a", 1)
		parkedWith(t, store, mailer(notes, failing(1, -1)))
		err := reactor.NewWorker(store, mailer(notes, nil).Of("mailer", accountKey("b"))).Replay(t.Context(), parkedEvent(1))
		require.ErrorIs(t, err, reactor.ErrNotParked)
		ctx, cancel, cause := ended()
		defer cancel()
		require.ErrorIs(t, reactor.NewWorker(store, mailer(notes, nil)).Replay(ctx, parkedEvent(1)), cause)
		_, err = reactor.NewWorker(store, mailer(notes, nil)).Parked(ctx)
		require.ErrorIs(t, err, cause)
	})
}

func TestOutputsOfAReplayAreOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		pay(t, store, "a", 1, 2)
		worker := parkedWith(t, store, copier(func(stored[fundsDeposited]) error { return errMail }))
		require.Empty(t, copies(t, store))

		var mu sync.Mutex
		arrived, both := 0, make(chan struct{})
		together := copier(func(stored[fundsDeposited]) error { // both have seen it parked
			mu.Lock()
			if arrived++; arrived == 2 {
				close(both)
			}
			mu.Unlock()
			<-both
			return nil
		})
		replayed := make(chan error, 2)
		for range 2 {
			go func() { replayed <- reactor.NewWorker(store, together).Replay(t.Context(), parkedEvent(1)) }()
		}
		one, other := <-replayed, <-replayed
		if one != nil {
			one, other = other, one
		}
		require.NoError(t, one)
		require.ErrorIs(t, other, reactor.ErrNotParked)
		require.Equal(t, []string{"1"}, copies(t, store))
		require.Equal(t, []uint64{2}, parkedAt(t, worker))
	})
}

// Another event that is parked or replayed meanwhile is no reason to fail, and
// none to react again.
func TestConcurrentReplaysRecordOutputsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		pay(t, store, "a", 1, 2)
		worker := parkedWith(t, store, mailer(notes, func(stored[fundsDeposited]) error { return errMail }))
		notes.read()
		inner := reactor.NewWorker(store, mailer(notes, nil))
		outer := reactor.NewWorker(store, mailer(notes, func(stored[fundsDeposited]) error { return inner.Replay(t.Context(), parkedEvent(2)) }))
		require.NoError(t, outer.Replay(t.Context(), parkedEvent(1)))
		require.Equal(t, []string{"2", "1"}, notes.read())
		require.Empty(t, parkedAt(t, worker))
	})
}

// The outputs of a replay may be in conflict like others; then it stays parked.
func TestConflictOfAReplayIsReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		pay(t, store, "a", 1)
		worker := parkedWith(t, store, reactor.Define("copier", reactor.Produce(func(context.Context, stored[fundsDeposited]) ([]bankCommit, error) {
			return []bankCommit{{Key: copyKey(1), Expected: at(99), Events: []core.Event{copied{}}}}, nil
		})))
		err := worker.Replay(t.Context(), parkedEvent(1))
		require.ErrorIs(t, err, core.ErrConflict)
		fault, ok := errors.AsType[*core.CommitError](err)
		require.True(t, ok)
		require.Equal(t, 1, fault.Index)
		require.Equal(t, []uint64{1}, parkedAt(t, worker))
	})
}
