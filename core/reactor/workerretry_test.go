package reactor_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/reactor"
)

var errMail = errors.New("post office closed")

// failing fails for an amount, as often as times says; without end if negative.
func failing(amount int64, times int) func(stored[fundsDeposited]) error {
	return func(e stored[fundsDeposited]) error {
		if e.Event.Amount != amount || times == 0 {
			return nil
		}
		times--
		return errMail
	}
}

// failingStore is a store whose commits of system entries fail when they are told to,
// before anything is written or after.
type failingStore struct {
	*memory.Store[string, string]
	before, after func() error
	asked         func() error // by LastEntry
}

func (s *failingStore) Commit(ctx context.Context, commits ...bankCommit) ([]bankCommitted, error) {
	if commits[0].Entry == nil { // the test's own
		return s.Store.Commit(ctx, commits...)
	}
	if s.before != nil {
		if err := s.before(); err != nil {
			return nil, err
		}
	}
	committed, err := s.Store.Commit(ctx, commits...)
	if err == nil && s.after != nil {
		if err := s.after(); err != nil {
			return nil, err
		}
	}
	return committed, err
}

func (s *failingStore) LastEntry(ctx context.Context, key core.EntryKey) (storedEntry, bool, error) {
	if s.asked != nil {
		if err := s.asked(); err != nil {
			return storedEntry{}, false, err
		}
	}
	return s.Store.LastEntry(ctx, key)
}

// times returns a function that returns err so many times.
func times(n int, err error) func() error {
	return func() error {
		if n == 0 {
			return nil
		}
		n--
		return err
	}
}

func TestFailedReactionIsRetriedWithBackoff(t *testing.T) {
	const ms = time.Millisecond
	for name, c := range map[string]struct {
		backoff core.Backoff
		limits  []time.Duration
	}{
		"by default": {core.Backoff{}, []time.Duration{50 * ms, 100 * ms, 200 * ms, 400 * ms, 800 * ms, 1600 * ms, 3200 * ms, 5000 * ms, 5000 * ms}},
		"as given":   {core.Backoff{First: time.Second, Max: 3 * time.Second}, []time.Duration{time.Second, 2 * time.Second, 3 * time.Second, 3 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store, notes := newBank(), new(recorder)
				pay(t, store, "a", 1, 2)
				var attempts []time.Time
				fails := failing(1, len(c.limits))
				worker := reactor.NewWorker(store, mailer(notes, func(e stored[fundsDeposited]) error {
					attempts = append(attempts, time.Now())
					return fails(e)
				})).WithBackoff(c.backoff)
				stop := runs(t, worker.Run)
				require.NoError(t, worker.CatchUp(t.Context()))
				require.NoError(t, stop())
				for i, limit := range c.limits {
					requirePause(t, limit, attempts[i+1].Sub(attempts[i]))
				}
				got := notes.read()
				require.Equal(t, []string{"1", "2"}, got[len(got)-2:])
				require.Equal(t, strings.Repeat("1 failed ", len(c.limits)), strings.Join(got[:len(got)-2], " ")+" ")
			})
		})
	}
}

func TestStopDuringAPauseIsImmediate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		pay(t, store, "a", 1)
		worker := reactor.NewWorker(store, mailer(notes, failing(1, -1))).WithBackoff(core.Backoff{First: time.Hour, Max: time.Hour})
		stop := runs(t, worker.Run)
		time.Sleep(time.Minute)
		before := time.Now()
		require.NoError(t, stop())
		require.Zero(t, time.Since(before))
		require.Equal(t, []string{"1 failed"}, notes.read())
		count, _ := checkpoints(t, store, "mailer")
		require.Zero(t, count, "the event is not dealt with")

		worker = reactor.NewWorker(store, mailer(notes, nil))
		stop = runs(t, worker.Run)
		require.NoError(t, worker.CatchUp(t.Context()))
		require.NoError(t, stop())
		require.Equal(t, []string{"1"}, notes.read())
	})
}

func TestStopAfterReturnsAReactionError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		pay(t, store, "a", 1, 2)
		worker := reactor.NewWorker(store, mailer(notes, failing(2, -1))).ParkAfter(7).StopAfter(3)
		err := worker.Run(t.Context())
		fault, ok := errors.AsType[*reactor.ReactionError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, &reactor.ReactionError{Reactor: "mailer", Kind: "account.deposited", Key: "account a", Position: "2", Attempts: 3, Err: errMail}, fault)
		require.ErrorIs(t, err, errMail)
		require.EqualError(t, err, "reactor mailer: event at 2 (account.deposited of account a), attempt 3: post office closed")
		require.Equal(t, []string{"1", "2 failed", "2 failed", "2 failed"}, notes.read())
		require.Equal(t, at(1), worker.Processed())
		err = worker.Wait(t.Context(), at(2))
		require.ErrorIs(t, err, core.ErrStopped)
		require.ErrorIs(t, err, errMail)
	})
}

func TestPermanentErrorIsNotRetried(t *testing.T) {
	require.NoError(t, reactor.Permanent(nil))
	require.EqualError(t, reactor.Permanent(errMail), "post office closed")
	synctest.Test(t, func(t *testing.T) {
		for name, c := range map[string]struct {
			settings func(*bankWorker) *bankWorker
		}{
			"without limit": {func(w *bankWorker) *bankWorker { return w }},
			"with limit":    {func(w *bankWorker) *bankWorker { return w.StopAfter(5) }},
		} {
			store, notes := newBank(), new(recorder)
			pay(t, store, "a", 1)
			err := c.settings(reactor.NewWorker(store, mailer(notes, func(stored[fundsDeposited]) error { return reactor.Permanent(errMail) }))).Run(t.Context())
			fault, ok := errors.AsType[*reactor.ReactionError](err)
			require.True(t, ok, "%s: %v", name, err)
			require.Equal(t, 1, fault.Attempts)
			require.ErrorIs(t, err, errMail)
		}
	})
}

func TestEventThatAReactorCannotDecodeIsPermanent(t *testing.T) {
	store, notes := newBank(), new(recorder)
	pay(t, store, "a", 1)
	spoil(t, store, "b")
	err := reactor.NewWorker(store, mailer(notes, nil)).Run(t.Context())
	fault, ok := errors.AsType[*core.DecodeError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, "account b", fault.Key)
	require.Equal(t, "2", fault.Position)
	require.ErrorContains(t, err, "reactor mailer: event at 2 (account.deposited of account b), attempt 1: decode event at 2 (account.deposited of account b): ")
	require.Equal(t, []string{"1"}, notes.read())
}

// A store that cannot be reached is no fault of the event's.
func TestErrorsOfTheStoreDoNotCountAsAttempts(t *testing.T) {
	for name, cause := range map[string]error{
		"refused":         errors.New("no responders"),
		"timed out":       context.DeadlineExceeded,
		"unknown outcome": core.ErrUnknownOutcome,
	} {
		for _, park := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					store, notes := &failingStore{Store: newBank(), before: times(10, cause)}, new(recorder)
					pay(t, store, "a", 1, 2)
					worker := reactor.NewWorker(store, mailer(notes, nil))
					if park {
						worker = worker.ParkAfter(2)
					} else {
						worker = worker.StopAfter(2)
					}
					stop := runs(t, worker.Run)
					require.NoError(t, worker.CatchUp(t.Context()))
					require.Equal(t, []string{"1", "2"}, notes.read(), "a reaction that was done is not repeated")
					parked, err := worker.Parked(t.Context())
					require.NoError(t, err)
					require.Empty(t, parked)
					require.NoError(t, stop())
				})
			})
		}
	}
}

// Neither is a store that fails while the event is parked: it is parked later.
func TestStoreThatFailsWhileAnEventIsParked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := &failingStore{Store: newBank(), before: times(3, errors.New("no responders"))}, new(recorder)
		pay(t, store, "a", 1, 2)
		worker := reactor.NewWorker(store, mailer(notes, failing(1, -1))).ParkAfter(2)
		stop := runs(t, worker.Run)
		require.NoError(t, worker.CatchUp(t.Context()))
		parked, err := worker.Parked(t.Context())
		require.NoError(t, err)
		require.Len(t, parked, 1)
		got := notes.read()
		require.Equal(t, "2", got[len(got)-1])
		require.NoError(t, stop())
	})
}

func TestClosedStoreEndsAWorker(t *testing.T) {
	store, notes := &failingStore{Store: newBank(), before: times(1, core.ErrClosed)}, new(recorder)
	pay(t, store, "a", 1)
	require.ErrorIs(t, reactor.NewWorker(store, mailer(notes, nil)).Run(t.Context()), core.ErrClosed)

	store = &failingStore{Store: newBank(), asked: times(1, core.ErrClosed)}
	require.ErrorIs(t, reactor.NewWorker(store, mailer(notes, nil)).Run(t.Context()), core.ErrClosed)
}

// A commit that was recorded, although its outcome was unknown, is not mistaken for
// that of another worker.
func TestLostAnswerIsResolved(t *testing.T) {
	outage := errors.New("no responders")
	for name, c := range map[string]struct{ after, asked func() error }{
		"by the next look":               {times(1, core.ErrUnknownOutcome), times(0, nil)},
		"after a timeout":                {times(1, context.DeadlineExceeded), times(0, nil)},
		"though the looks failed, too":   {times(1, core.ErrUnknownOutcome), skipping(1, times(1, outage))},
		"though many looks failed":       {times(1, core.ErrUnknownOutcome), skipping(1, times(5, outage))},
		"though it happened to each one": {times(-1, core.ErrUnknownOutcome), times(0, nil)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &failingStore{Store: newBank(), after: c.after, asked: c.asked}
				pay(t, store, "a", 1, 2, 3)
				worker := reactor.NewWorker(store, copier(nil)).StopAfter(2)
				stop := runs(t, worker.Run)
				require.NoError(t, worker.CatchUp(t.Context()))
				require.NoError(t, stop())
				require.Equal(t, []string{"1", "2", "3"}, copies(t, store))
			})
		})
	}
}

// skipping calls f after so many calls that return nil.
func skipping(n int, f func() error) func() error {
	return func() error {
		if n > 0 {
			n--
			return nil
		}
		return f()
	}
}

// requirePause checks that a pause is between half of limit and all of it.
func requirePause(t *testing.T, limit, pause time.Duration) {
	t.Helper()
	require.LessOrEqual(t, pause, limit)
	require.GreaterOrEqual(t, pause, limit-limit/2)
}
