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
	"github.com/jetsource/jetsource/core/internal/fakes"
	"github.com/jetsource/jetsource/core/reactor"
)

// office is where reactions are done, by several workers: it may be closed.
type office struct {
	mu     sync.Mutex // guards the fields below
	closed error
	by     []string // the workers that have reacted
}

func (o *office) set(closed error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = closed
}

// react returns what is called before a reaction by a worker with a name.
func (o *office) react(name string) func(stored[fundsDeposited]) error {
	return func(stored[fundsDeposited]) error {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.by = append(o.by, name)
		return o.closed
	}
}

// read returns who has reacted since it was asked last.
func (o *office) read() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	by := o.by
	o.by = nil
	return by
}

// found returns a worker without handlers, as an operator's program has it.
func found(t *testing.T, store core.SystemStore[string, uint64, string], name string) *bankWorker {
	t.Helper()
	w, err := reactor.Find(t.Context(), store, name)
	require.NoError(t, err)
	return w
}

// replaysLeft counts the parked events that are asked for and not done.
func replaysLeft(t *testing.T, w *bankWorker) (n int) {
	t.Helper()
	parked, err := w.Parked(t.Context())
	require.NoError(t, err)
	for _, p := range parked {
		if p.Asked {
			n++
		}
	}
	return n
}

func TestReplayIsDoneByTheWorkerThatHasThePartition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, store, office := fakes.Log(t), newBank(), new(office)
		office.set(errMail)
		var stops []func() error
		for _, name := range []string{"ada", "bob", "cy"} {
			worker := reactor.NewWorker(store, copier(office.react(name))).WithLeases(store).ParkAfter(1)
			stops = append(stops, runs(t, worker.Run))
		}
		time.Sleep(10 * time.Second) // they share
		spread(t, store, 0, 30)
		time.Sleep(time.Second)
		operator := found(t, store, "copier").WithLeases(store)
		parked, err := operator.Parked(t.Context())
		require.NoError(t, err)
		require.Len(t, parked, 30)
		require.Len(t, office.read(), 30)
		synctest.Wait()
		log.Reset()

		office.set(nil)
		require.NoError(t, operator.AskReplay(t.Context(), parked...))
		require.NoError(t, operator.AskReplay(t.Context(), parked[3], parked[4])) // twice is once
		require.Equal(t, 30, replaysLeft(t, operator))
		time.Sleep(3 * time.Second)
		require.Empty(t, parkedAt(t, operator))
		requireEachCopied(t, store, 30)
		by := office.read()
		require.Len(t, by, 30, "each was reacted to once")
		for _, name := range []string{"ada", "bob", "cy"} {
			require.Contains(t, by, name)
		}
		synctest.Wait()
		require.NotContains(t, log.String(), "partitions", "the workers go on with what they do")
		require.ErrorIs(t, operator.AskReplay(t.Context(), parked[0]), reactor.ErrNotParked)
		for _, stop := range stops {
			require.NoError(t, stop())
		}
	})
}

func TestFailureOfAReplayThatWasAskedForIsRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var observed fakes.Observed
		log, office := fakes.Log(t), new(office)
		store := newBank().Watch(nil, observed.Observer())
		office.set(errMail)
		worker := reactor.NewWorker(store, mailer(new(recorder), office.react("ada"))).ParkAfter(2)
		stop := runs(t, worker.Run)
		require.NoError(t, worker.Wait(t.Context(), pay(t, store, "a", 1)))
		operator := found(t, store, "mailer")
		parked, err := operator.Parked(t.Context())
		require.NoError(t, err)
		office.read()
		before := len(observed.Lines("react", "fault"))

		office.set(reactor.WithReason(&core.PanicError{}, "the office is on fire"))
		require.NoError(t, operator.AskReplay(t.Context(), parked[0]))
		time.Sleep(time.Hour)
		require.Len(t, office.read(), 1, "it is not tried again")
		parked, err = operator.Parked(t.Context())
		require.NoError(t, err)
		require.Len(t, parked, 1)
		require.Equal(t, 3, parked[0].Attempts)
		require.Equal(t, "*core.PanicError", parked[0].ErrorType)
		require.Equal(t, "the office is on fire", parked[0].Reason)
		require.False(t, parked[0].Asked)
		require.Equal(t, []string{
			"react mailer account.deposited of account a, attempt 3",
			"react ended: panic: <nil>",
			"fault of reactor mailer, park: panic: <nil>",
		}, observed.Lines("react", "fault")[before:])
		require.NoError(t, stop())
		require.Contains(t, log.String(), "event stays parked")
	})
}

// A request waits for a worker, as long as that takes.
func TestReplayIsDoneWhenAWorkerRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, office, notes := newBank(), new(office), new(recorder)
		office.set(errMail)
		pay(t, store, "a", 1, 2, 3)
		parkedWith(t, store, mailer(notes, office.react("ada")))
		operator := found(t, store, "mailer")
		parked, err := operator.Parked(t.Context())
		require.NoError(t, err)
		office.set(nil)
		notes.read()
		require.NoError(t, operator.Pause(t.Context()))
		require.NoError(t, operator.AskReplay(t.Context(), parked...))
		require.NoError(t, operator.Discard(t.Context(), parked[1]))
		stop := runs(t, reactor.NewWorker(store, mailer(notes, office.react("ada"))).Run)
		time.Sleep(time.Hour)
		require.Equal(t, 2, replaysLeft(t, operator), "it is paused")
		require.NoError(t, operator.Resume(t.Context()))
		time.Sleep(5 * time.Second)
		require.Empty(t, parkedAt(t, operator))
		require.Equal(t, []string{"1", "3"}, notes.read())
		last, _, err := store.LastEntry(t.Context(), core.EntryKey{Kind: "_reactor-mailer", Name: "control"})
		require.NoError(t, err)
		require.NotContains(t, string(last.Data), "replays", "nothing is left of what was discarded")
		require.NoError(t, stop())
	})
}

// decodes is a store whose events can be decoded always: if not, that is a failure of the reaction.
type decodes struct{ *faultyStep }

func (s *decodes) DecodeEvent(e bankEvent, event any) error { return s.Store.DecodeEvent(e, event) }

// A worker that fails at any step, or ends, has not lost what it was asked for, and the outputs
// are recorded once.
func TestOutputsOfAReplayThatWasAskedForAreOnceDespiteFaults(t *testing.T) {
	for name, happen := range map[string]func(cancel func()) error{
		"lost answer": func(func()) error { return core.ErrUnknownOutcome },
		"error":       func(func()) error { return errors.New("no responders") },
		"stop":        func(cancel func()) error { cancel(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			faults := 0
			for step := int64(1); step <= 24; step++ {
				for _, before := range []bool{true, false} {
					synctest.Test(t, func(t *testing.T) {
						ctx, cancel := context.WithCancel(t.Context())
						defer cancel()
						store := &decodes{&faultyStep{Store: newBank(), before: before}}
						store.fault = func() error { faults++; return happen(cancel) }
						pay(t, store, "a", 1)
						parkedWith(t, store, copier(func(stored[fundsDeposited]) error { return errMail }).WithPartitions(1))
						operator := found(t, store, "copier")
						parked, err := operator.Parked(t.Context())
						require.NoError(t, err)
						require.NoError(t, operator.AskReplay(t.Context(), parked...))

						store.calls.Store(0)
						store.at = step
						first := make(chan error, 1)
						go func() { first <- reactor.NewWorker(store, copier(nil).WithPartitions(1)).Run(ctx) }()
						time.Sleep(10 * time.Second)
						cancel()
						require.NoError(t, <-first)
						store.at = 0
						stop := runs(t, reactor.NewWorker(store, copier(nil).WithPartitions(1)).Run)
						time.Sleep(10 * time.Second)
						require.NoError(t, stop())
						require.Empty(t, parkedAt(t, operator), "step %d, before it: %t", step, before)
						require.Equal(t, []string{"1"}, copies(t, store), "step %d, before it: %t", step, before)
						last, _, err := store.LastEntry(t.Context(), core.EntryKey{Kind: "_reactor-copier", Name: "control"})
						require.NoError(t, err)
						require.NotContains(t, string(last.Data), "replays")
					})
				}
			}
			require.Greater(t, faults, 12)
		})
	}
}

func TestParkedTimerIsReplayedByRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, office := newBank(), new(office)
		office.set(errMail)
		r := reactor.Define("reminding",
			reactor.On(func(ctx context.Context, e stored[fundsDeposited]) error {
				return reactor.SetTimer(ctx, "remind", e.Time.Add(time.Second), reminder{e.Event.Amount})
			}),
			reactor.Due(func(_ context.Context, e stored[reminder]) ([]bankCommit, error) {
				if err := office.react("ada")(stored[fundsDeposited]{}); err != nil {
					return nil, err
				}
				return []bankCommit{{Key: copyKey(e.Event.Of), Unchecked: true, Events: []core.Event{copied{e.Event.Of}}}}, nil
			}),
		)
		stop := runs(t, reactor.NewWorker(store, r).ParkAfter(1).Run)
		pay(t, store, "a", 1)
		pay(t, store, "b", 2)
		time.Sleep(5 * time.Second)
		operator := found(t, store, "reminding")
		parked, err := operator.Parked(t.Context())
		require.NoError(t, err)
		require.Len(t, parked, 2)
		office.set(nil)
		require.NoError(t, operator.AskReplay(t.Context(), parked[1]))
		time.Sleep(5 * time.Second)
		require.Len(t, copies(t, store), 1)
		left, err := operator.Parked(t.Context())
		require.NoError(t, err)
		require.Equal(t, parked[:1], left)
		require.NoError(t, stop())
	})
}

func TestMoreReplaysThanAreAllowedAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		spread(t, store, 0, reactor.MaxAsked+1)
		parkedWith(t, store, mailer(new(recorder), func(stored[fundsDeposited]) error { return errMail }))
		operator := found(t, store, "mailer")
		parked, err := operator.Parked(t.Context())
		require.NoError(t, err)
		require.Len(t, parked, reactor.MaxAsked+1)
		require.ErrorContains(t, operator.AskReplay(t.Context(), parked...), "1001 replays")
		require.Zero(t, replaysLeft(t, operator))
		require.NoError(t, operator.AskReplay(t.Context(), parked[1:]...))
		require.Equal(t, reactor.MaxAsked, replaysLeft(t, operator))
	})
}
