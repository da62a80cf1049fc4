package projection_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/internal/fakes"
	"github.com/jetsource/jetsource/core/projection"
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

// fragile is a ledger whose handler calls fail for the amount 13, when it has
// changed the state; an upcast of 13 cents panics, and so does a garbled event.
func fragile(fail func()) *ledgerProjection {
	deposited := projection.On(func(l *ledger, e stored[fundsDeposited]) {
		l.deposited(e)
		if e.Event.Amount == 13 {
			fail()
		}
	})
	return projection.Define("ledger", deposited, projection.On(func(*ledger, stored[garbled]) {}))
}

func unlucky() { panic(errUnlucky) }

// panicking are events that each panic in another place.
var panicking = map[string]core.Event{"handler": fundsDeposited{13}, "upcast": centsDeposited{13}, "codec": readable{}}

// wantPanicAt2 checks the error of an event at position 2 that led to a panic.
func wantPanicAt2(t *testing.T, err error, did string, event core.Event) {
	t.Helper()
	require.EqualError(t, err, did+"handle event at 2 ("+event.EventKind()+" of account b): panic: unlucky")
	require.ErrorIs(t, err, errUnlucky)
	_, ok := errors.AsType[*core.DecodeError](err)
	require.True(t, ok)
	panicked, ok := errors.AsType[*core.PanicError](err)
	require.True(t, ok)
	require.Contains(t, string(panicked.Stack), "panic_test.go:", "where it panicked")
}

func TestPanicOfAHandlerIsAnErrorOfItsEvent(t *testing.T) {
	for name, event := range panicking {
		t.Run(name, func(t *testing.T) {
			store, snaps := newBank(), fakes.NewSnapshots()
			pay(t, store, "a", 1)
			coretest.Seed(t, store, accountKey("b"), event)
			pay(t, store, "a", 2)
			p := fragile(unlucky)
			for _, load := range []func() (ledger, error){
				func() (ledger, error) { return projection.Load(t.Context(), store, p) },
				func() (ledger, error) { return projection.LoadAt(t.Context(), store, p, at(3)) },
				func() (ledger, error) { return projection.LoadAtTime(t.Context(), store, p, time.Now().Add(time.Hour)) },
				func() (ledger, error) { return projection.LoadFrom(t.Context(), store, snaps, p) },
			} {
				state, err := load()
				wantPanicAt2(t, err, "load projection ledger: ", event)
				require.Equal(t, int64(1), state.Total, "as before the event")
				require.Equal(t, []int64{1}, state.Amounts)
			}
			require.Empty(t, snaps.Stored)
		})
	}
}

// ends calls run in a goroutine, and returns whether run returned and what it
// panicked with.
func ends(t *testing.T, run func()) (returned bool, value any) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { value = recover() }()
		run()
		returned = true
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		require.FailNow(t, "it hangs")
	}
	return returned, value
}

// total is what View shows.
func total(t *testing.T, live *liveLedger) (sum int64) {
	t.Helper()
	returned, _ := ends(t, func() { live.View(func(l *ledger) { sum = l.Total }) })
	require.True(t, returned)
	return sum
}

func TestLiveThatEndsAtAPanicStaysReadable(t *testing.T) {
	defer goleak.VerifyNone(t)
	for name, event := range panicking {
		t.Run(name, func(t *testing.T) {
			store, snaps := newBank(), fakes.NewSnapshots()
			pay(t, store, "a", 1)
			coretest.Seed(t, store, accountKey("b"), event)
			pay(t, store, "a", 2)
			live := projection.NewLive(store, fragile(unlucky)).WithSnapshots(snaps)
			wantPanicAt2(t, live.Run(t.Context()), "follow projection ledger: ", event)
			require.Equal(t, int64(1), total(t, live), "as before the event")
			require.Equal(t, at(1), live.Processed())
			err := live.Wait(t.Context(), at(2))
			require.ErrorIs(t, err, core.ErrStopped)
			wantPanicAt2(t, err, "stopped: ", event)
		})
	}
}

func TestLiveWithSkipGoesOnAfterAPanic(t *testing.T) {
	defer goleak.VerifyNone(t)
	for name, event := range panicking {
		t.Run(name, func(t *testing.T) {
			store := newBank()
			pay(t, store, "a", 1)
			coretest.Seed(t, store, accountKey("b"), event)
			var reports []error
			live := projection.NewLive(store, fragile(unlucky)).WithSkip(func(_ context.Context, e *core.DecodeError) { reports = append(reports, e) })
			stop := runs(t, live.Run)
			require.NoError(t, live.Wait(t.Context(), pay(t, store, "a", 2)))
			require.Equal(t, int64(3), total(t, live))
			require.NoError(t, stop())
			require.Len(t, reports, 1)
			wantPanicAt2(t, reports[0], "", event)
		})
	}
}

// What a panicking handler changed in a map stays there, and never gets into a
// snapshot: once the handler is right, so is the state.
func TestNoSnapshotIsTakenAfterAPanic(t *testing.T) {
	for name, skip := range map[string]func(context.Context, *core.DecodeError){
		"ends":  nil,
		"skips": func(context.Context, *core.DecodeError) {},
	} {
		t.Run(name, func(t *testing.T) {
			store, snaps, right := newBank(), fakes.NewSnapshots(), fragile(func() {})
			pay(t, store, "a", 1)
			_, err := projection.LoadFrom(t.Context(), store, snaps, right)
			require.NoError(t, err)
			pay(t, store, "a", 2, 13, 3)
			snaps.Due = 99
			live := projection.NewLive(store, fragile(func() {
				snaps.Due = 0 // from now on each offer would be accepted
				unlucky()
			})).WithSnapshots(snaps)
			if skip != nil {
				live = live.WithSkip(skip)
			}
			stop := runs(t, live.Run)
			if skip != nil {
				require.NoError(t, live.CatchUp(t.Context()))
			} else {
				require.ErrorIs(t, live.CatchUp(t.Context()), core.ErrStopped)
			}
			_ = stop() // the panic, or nil
			live.View(func(l *ledger) { require.Greater(t, l.By["a"], l.Total, "what the panic left behind") })

			state, err := projection.LoadFrom(t.Context(), store, snaps, right)
			require.NoError(t, err)
			require.Equal(t, totalOf("a", 1, 2, 13, 3), state)
		})
	}
}

// A handler may end its goroutine, as t.FailNow does. That is no panic.
func TestGoexitOfAHandlerGoesOnAndLeavesNothingLocked(t *testing.T) {
	defer goleak.VerifyNone(t)
	store := newBank()
	pay(t, store, "a", 1, 13)
	live := projection.NewLive(store, fragile(runtime.Goexit))
	returned, value := ends(t, func() { _ = live.Run(t.Context()) })
	require.False(t, returned)
	require.Nil(t, value)
	require.Equal(t, int64(1), total(t, live), "as before the event")
	err := live.Wait(t.Context(), at(2))
	require.ErrorIs(t, err, core.ErrStopped)
	require.EqualError(t, err, "stopped: a panic or runtime.Goexit ended Run")

	returned, value = ends(t, func() { _, _ = projection.Load(t.Context(), store, fragile(runtime.Goexit)) })
	require.False(t, returned)
	require.Nil(t, value)
}

// A panic of another function of the program goes on to the caller of Run, and no
// Wait waits for ever.
func TestPanicOfAReportEndsRunAndWait(t *testing.T) {
	defer goleak.VerifyNone(t)
	store := newBank()
	pay(t, store, "a", 1, 13)
	live := projection.NewLive(store, fragile(unlucky)).WithSkip(func(context.Context, *core.DecodeError) { panic("no report") })
	require.PanicsWithValue(t, "no report", func() { _ = live.Run(t.Context()) })
	require.ErrorIs(t, live.Wait(t.Context(), at(2)), core.ErrStopped)
	require.Equal(t, int64(1), total(t, live))
}

func TestPanicInViewGoesOnAndLeavesNothingLocked(t *testing.T) {
	defer goleak.VerifyNone(t)
	for name, fail := range map[string]func(){"panic": unlucky, "Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			store := newBank()
			live := projection.NewLive(store, ledgers)
			stop := runs(t, live.Run)
			returned, value := ends(t, func() { live.View(func(*ledger) { fail() }) })
			require.False(t, returned)
			require.Equal(t, name == "panic", value == any(errUnlucky))
			v := pay(t, store, "a", 5)
			returned, _ = ends(t, func() { require.NoError(t, live.Wait(t.Context(), v)) })
			require.True(t, returned, "events are folded")
			require.Equal(t, int64(5), total(t, live))
			require.NoError(t, stop())
		})
	}
}
