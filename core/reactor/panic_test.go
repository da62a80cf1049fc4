package reactor_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/internal/fakes"
	"github.com/jetsource/jetsource/core/reactor"
)

var errUnlucky = errors.New("unlucky")

// readable is an event as it was when it was committed: it could be decoded.
type readable struct{}

func (readable) EventKind() string { return "account.garbled" }

// garbled is the same event later: its decoding panics.
type garbled struct{}

func (garbled) EventKind() string           { return "account.garbled" }
func (*garbled) UnmarshalJSON([]byte) error { panic(errUnlucky) }

// centsDeposited is what a deposit was once.
type centsDeposited struct{ Cents int64 }

func (centsDeposited) EventKind() string { return "account.cents-deposited" }

// EventHistory tells of deposits in cents. The step panics for 13.
func (fundsDeposited) EventHistory() core.History {
	return core.History{core.Was("account.cents-deposited", func(old centsDeposited) fundsDeposited {
		if old.Cents == 13 {
			panic(errUnlucky)
		}
		return fundsDeposited{old.Cents / 100}
	})}
}

// fragile is a reactor that panics for the amount 13, for an account that is opened,
// for a garbled event, and in an upcast for 13 cents. It notes other deposits.
func fragile(notes *recorder) *bankReactor {
	return reactor.Define("fragile",
		reactor.On(func(_ context.Context, e stored[fundsDeposited]) error {
			if e.Event.Amount == 13 {
				panic(errUnlucky)
			}
			notes.write("%d", e.Event.Amount)
			return nil
		}),
		reactor.Produce(func(context.Context, stored[accountOpened]) ([]bankCommit, error) { panic(errUnlucky) }),
		reactor.On(func(context.Context, stored[garbled]) error { return nil }),
	)
}

var panicking = map[string]core.Event{"On": fundsDeposited{13}, "Produce": accountOpened{}, "upcast": centsDeposited{13}, "codec": readable{}}

func TestPanicOfAReactionIsAFailedAttempt(t *testing.T) {
	for name, event := range panicking {
		t.Run(name, func(t *testing.T) {
			log := fakes.Log(t)
			synctest.Test(t, func(t *testing.T) {
				store, notes := newBank(), new(recorder)
				pay(t, store, "a", 1)
				coretest.Seed(t, store, accountKey("b"), event)
				pay(t, store, "a", 2)
				worker := parkedWith(t, store, fragile(notes)) // after two attempts
				require.Equal(t, []string{"1", "2"}, notes.read(), "it goes on")
				parked, err := worker.Parked(t.Context())
				require.NoError(t, err)
				require.Len(t, parked, 1)
				require.Equal(t, uint64(2), parked[0].Position)
				require.Equal(t, 2, parked[0].Attempts)
				require.Equal(t, "*core.PanicError", parked[0].ErrorType)
				require.Empty(t, parked[0].Reason, "its text may hold what the log must not keep")

				err = worker.Replay(t.Context(), parkedEvent(2))
				require.ErrorIs(t, err, errUnlucky)
				_, ok := errors.AsType[*core.PanicError](err)
				require.True(t, ok, "%v", err)
				require.Equal(t, []uint64{2}, parkedAt(t, worker), "it stays parked")
			})
			require.Contains(t, log.String(), `msg="reaction panicked" reactor=fragile event=`+event.EventKind()+` position=2 error="panic: unlucky" stack=`)
			require.Contains(t, log.String(), "panic_test.go:")
		})
	}
}

func TestWorkerStopsAfterPanicsAndNamesTheEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		pay(t, store, "a", 1, 13, 2)
		worker := reactor.NewWorker(store, fragile(notes)).StopAfter(3)
		err := worker.Run(t.Context())
		require.EqualError(t, err, "reactor fragile: event at 2 (account.deposited of account a), attempt 3: panic: unlucky")
		fault, ok := errors.AsType[*core.PanicError](err)
		require.True(t, ok)
		require.Contains(t, string(fault.Stack), "panic_test.go:", "where it panicked")
		require.ErrorIs(t, worker.Wait(t.Context(), at(2)), core.ErrStopped)
	})
}

func TestReactionThatPanickedIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		pay(t, store, "a", 1, 2)
		panics := 3
		worker := reactor.NewWorker(store, mailer(notes, func(e stored[fundsDeposited]) error {
			if panics--; e.Event.Amount == 1 && panics >= 0 {
				panic("not now")
			}
			return nil
		}))
		stop := runs(t, worker.Run)
		require.NoError(t, worker.CatchUp(t.Context()))
		require.NoError(t, stop())
		require.Equal(t, []string{"1", "2"}, notes.read())
	})
}

// A reaction may end its goroutine, as t.FailNow does. That is no panic: the worker
// ends, and another goes on with the event.
func TestGoexitOfAReactionEndsTheWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes, lease := newBank(), new(recorder), newBank()
		pay(t, store, "a", 1, 2)
		exits := mailer(notes, func(e stored[fundsDeposited]) error {
			if e.Event.Amount == 2 {
				runtime.Goexit()
			}
			return nil
		})
		worker := reactor.NewWorker(store, exits).WithLeases(lease).ParkAfter(1)
		require.EqualError(t, worker.Run(t.Context()), "a panic or runtime.Goexit ended Run")
		err := worker.Wait(t.Context(), at(2))
		require.ErrorIs(t, err, core.ErrStopped)
		require.EqualError(t, err, "stopped: a panic or runtime.Goexit ended Run")

		other := reactor.NewWorker(store, mailer(notes, nil)).WithLeases(lease)
		stop := runs(t, other.Run)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		require.NoError(t, other.CatchUp(ctx))
		require.NoError(t, stop())
		// What it did last was recorded, or was not: how far it was at its last beat is chance.
		require.Contains(t, []string{"1 1 2", "1 2"}, strings.Join(notes.read(), " "))
	})
}
