package reactor_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/reactor"
)

// reminder is what a timer of these tests is set with.
type reminder struct{ Of int64 }

func (reminder) EventKind() string { return "account.reminder" }

// unknown is an event that no reactor of these tests has a handler for.
type unknown struct{}

func (unknown) EventKind() string { return "account.unknown" }

// reminding is a reactor with a timer for each deposit that is positive, due after so many
// seconds; a deposit of 0 cancels it. Each reminder has an output.
func reminding(notes *recorder) *bankReactor {
	return reactor.Define("reminding",
		reactor.On(func(ctx context.Context, e stored[fundsDeposited]) error {
			if e.Event.Amount == 0 {
				return reactor.CancelTimer(ctx, "remind")
			}
			return reactor.SetTimer(ctx, "remind", e.Time.Add(time.Duration(e.Event.Amount)*time.Second), reminder{e.Event.Amount})
		}),
		reactor.Due(func(_ context.Context, e stored[reminder]) ([]bankCommit, error) {
			notes.write("%s %d at %d", e.Key.ID, e.Event.Of, time.Since(e.Time)/time.Second)
			return []bankCommit{{Key: copyKey(e.Event.Of), Unchecked: true, Events: []core.Event{copied{e.Event.Of}}}}, nil
		}),
	)
}

func pending(t *testing.T, w *bankWorker) (names []string) {
	t.Helper()
	timers, err := w.Timers(t.Context())
	require.NoError(t, err)
	for _, timer := range timers {
		names = append(names, fmt.Sprintf("%s %s", timer.Key.ID, timer.Name))
	}
	return names
}

func TestTimerFiresOnceWhenItIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		worker := reactor.NewWorker(store, reminding(notes))
		stop := runs(t, worker.Run)
		pay(t, store, "a", 60)
		pay(t, store, "b", 30)
		pay(t, store, "c", 20)
		pay(t, store, "c", 0) // cancelled
		pay(t, store, "d", 10)
		pay(t, store, "d", 90) // moved
		require.NoError(t, worker.CatchUp(t.Context()))
		synctest.Wait()
		require.Equal(t, []string{"b remind", "a remind", "d remind"}, pending(t, worker))
		time.Sleep(29 * time.Second)
		synctest.Wait()
		require.Empty(t, notes.read(), "none is early")
		time.Sleep(time.Hour)
		require.Equal(t, []string{"b 30 at 0", "a 60 at 0", "d 90 at 0"}, notes.read())
		require.Equal(t, []string{"30", "60", "90"}, copies(t, store))
		require.Empty(t, pending(t, worker))
		require.NoError(t, stop())
	})
}

func TestTimerThatIsPastFiresAtOnceAndOneOfALaterRunWhenItBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		pay(t, store, "a", -5)
		worker := reactor.NewWorker(store, reminding(notes))
		stop := runs(t, worker.Run)
		pay(t, store, "b", 7)
		require.NoError(t, worker.CatchUp(t.Context()))
		synctest.Wait()
		require.Equal(t, []string{"a -5 at 5"}, notes.read())
		require.NoError(t, stop())
		time.Sleep(time.Hour)
		require.Empty(t, notes.read())
		second := reactor.NewWorker(store, reminding(notes))
		stop = runs(t, second.Run)
		synctest.Wait()
		require.Equal(t, []string{"b 7 at 3593"}, notes.read())
		require.NoError(t, stop())
	})
}

// A timer is set only with the outputs of the reaction, and fires only with its own.
func TestTimersAreOnceDespiteFaults(t *testing.T) {
	for name, happen := range map[string]func(cancel func()) error{
		"lost answer": func(func()) error { return core.ErrUnknownOutcome },
		"error":       func(func()) error { return errors.New("no responders") },
		"stop":        func(cancel func()) error { cancel(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			for step := int64(1); step <= 16; step++ {
				for _, before := range []bool{true, false} {
					synctest.Test(t, func(t *testing.T) {
						ctx, cancel := context.WithCancel(t.Context())
						defer cancel()
						store, notes := &faultyStep{Store: newBank(), at: step, before: before}, new(recorder)
						store.fault = func() error { return happen(cancel) }
						pay(t, store, "a", 5)
						pay(t, store, "b", 6)
						first := make(chan error, 1)
						go func() { first <- reactor.NewWorker(store, reminding(notes).WithPartitions(1)).Run(ctx) }()
						time.Sleep(time.Minute)
						cancel()
						_ = <-first //nolint:staticcheck // whatever it ended with
						store.at = 0
						second := reactor.NewWorker(store, reminding(notes).WithPartitions(1))
						stop := runs(t, second.Run)
						time.Sleep(time.Minute)
						require.NoError(t, stop())
						require.ElementsMatch(t, []string{"5", "6"}, copies(t, store), "step %d, before it: %t", step, before)
						require.Empty(t, pending(t, second))
					})
				}
			}
		})
	}
}

func TestTimerThatCannotBeSetIsATypedError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		pay(t, store, "a", 1)
		year10000 := time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
		var errs []error
		worker := reactor.NewWorker(store, reactor.Define("r",
			reactor.On(func(ctx context.Context, _ stored[fundsDeposited]) error {
				errs = []error{
					reactor.SetTimer(ctx, "late", year10000, reminder{}),
					reactor.SetTimer(ctx, "early", time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC), reminder{}),
					reactor.SetTimer(ctx, "", time.Now(), reminder{}),
					reactor.SetTimer(ctx, "\xff", time.Now(), reminder{}),
					reactor.SetTimer(ctx, strings.Repeat("x", 256), time.Now(), reminder{}),
					reactor.SetTimer(ctx, "no handler", time.Now(), unknown{}),
					reactor.SetTimer(ctx, "nothing", time.Now(), nil),
					reactor.CancelTimer(ctx, ""),
				}
				return reactor.SetTimer(ctx, "fine", year10000.Add(-time.Second), reminder{})
			}),
			reactor.Due(func(context.Context, stored[reminder]) ([]bankCommit, error) { return nil, nil }),
		))
		goOn(t, worker)
		for i, err := range errs {
			require.ErrorAs(t, err, new(*reactor.TimerError), i)
		}
		for _, i := range []int{2, 3, 4, 7} {
			require.ErrorIs(t, errs[i], core.ErrName)
		}
		require.ErrorIs(t, errs[5], core.ErrUnknownEvent)
		require.Equal(t, []string{"a fine"}, pending(t, worker))
		require.ErrorAs(t, reactor.SetTimer(t.Context(), "outside", time.Now(), reminder{}), new(*reactor.TimerError))
	})
}

// The timers of a reactor that was renamed wait for the old name.
func TestRenamedReactorHasNoTimers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		pay(t, store, "a", 60)
		goOn(t, reactor.NewWorker(store, reminding(notes)))
		renamed := reactor.NewWorker(store, reminding(notes).Of("renamed", accountKey("z")))
		stop := runs(t, renamed.Run)
		time.Sleep(time.Hour)
		require.Empty(t, notes.read())
		require.Empty(t, pending(t, renamed))
		require.NoError(t, stop())
		old := reactor.NewWorker(store, reminding(notes))
		require.Equal(t, []string{"a remind"}, pending(t, old))
		stop = runs(t, old.Run)
		synctest.Wait()
		require.Equal(t, []string{"a 60 at 3540"}, notes.read())
		require.NoError(t, stop())
	})
}

// A timer of a kind without a handler is parked, like an event that cannot be reacted to,
// and can be replayed.
func TestTimerIsParkedAndReplayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		pay(t, store, "a", 5)
		goOn(t, reactor.NewWorker(store, reminding(notes)))
		without := reactor.Define("reminding", reactor.On(func(context.Context, stored[fundsDeposited]) error { return nil }))
		worker := reactor.NewWorker(store, without).ParkAfter(3)
		stop := runs(t, worker.Run)
		time.Sleep(time.Minute)
		require.NoError(t, stop())
		parked, err := worker.Parked(t.Context())
		require.NoError(t, err)
		require.Len(t, parked, 1)
		require.Equal(t, "account.reminder", parked[0].Kind)
		require.Empty(t, pending(t, worker))
		cured := reactor.NewWorker(store, reminding(notes))
		require.NoError(t, cured.ReplayAll(t.Context()))
		require.Equal(t, []string{"5"}, copies(t, store))
		require.ErrorIs(t, cured.Replay(t.Context(), parked[0]), reactor.ErrNotParked)
	})
}

// The log of timers is read from where it matters: timers that recur for a long time beside
// one that is pending make it no longer.
func TestLogOfTimersIsReadFromWhereItMatters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		r := reactor.Define("clock",
			reactor.On(func(ctx context.Context, e stored[fundsDeposited]) error {
				if e.Event.Amount == 0 {
					return reactor.SetTimer(ctx, "once", e.Time.Add(1000*time.Hour), reminder{})
				}
				return reactor.SetTimer(ctx, "tick", e.Time.Add(time.Second), reminder{1})
			}),
			reactor.Due(func(ctx context.Context, e stored[reminder]) ([]bankCommit, error) {
				return nil, reactor.SetTimer(ctx, "tick", e.Time.Add(time.Second), reminder{e.Event.Of + 1})
			}),
		).WithPartitions(1)
		pay(t, store, "a", 0, 1)
		worker := reactor.NewWorker(store, r)
		stop := runs(t, worker.Run)
		time.Sleep(2000 * time.Second)
		require.NoError(t, stop())
		require.ElementsMatch(t, []string{"a once", "a tick"}, pending(t, worker))
		key := core.EntryKey{Kind: "_reactor-clock", Name: "timers-0"}
		last, ok, err := store.LastEntry(t.Context(), key)
		require.NoError(t, err)
		require.True(t, ok)
		var entry struct{ From core.Version[uint64] }
		require.NoError(t, json.Unmarshal(last.Data, &entry))
		var all, needed int
		for e, err := range store.LoadEntries(t.Context(), key, version{}) {
			require.NoError(t, err)
			if from, _ := entry.From.Position(); e.Position >= from {
				needed++
			}
			all++
		}
		require.Greater(t, all, 1900)
		require.Less(t, needed, 600, "of %d", all)
	})
}

// greeting and farewell are what a reminder is today.
type (
	greeting struct{ Of int64 }
	farewell struct{ Of int64 }
)

func (greeting) EventKind() string { return "account.greeting" }
func (farewell) EventKind() string { return "account.farewell" }

func (greeting) EventHistory() core.History { return bothReminders }
func (farewell) EventHistory() core.History { return bothReminders }

var bothReminders = core.History{core.Split("account.reminder", func(r reminder) []core.Event {
	return []core.Event{greeting(r), farewell(r)}
})}

// A timer that was set with an event that is two today fires once, with both, also when it
// was parked.
func TestTimerWhoseEventIsSeveralTodayFiresOnce(t *testing.T) {
	for _, parked := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			store, notes := newBank(), new(recorder)
			pay(t, store, "a", 5)
			goOn(t, reactor.NewWorker(store, reminding(notes)))
			pay(t, store, "b", 7)
			fails := parked
			output := func(of int64) ([]bankCommit, error) {
				if fails {
					return nil, errors.New("away")
				}
				return []bankCommit{{Key: copyKey(of), Unchecked: true, Events: []core.Event{copied{of}}}}, nil
			}
			today := reactor.Define("reminding",
				reactor.On(func(context.Context, stored[fundsDeposited]) error { return nil }),
				reactor.Due(func(_ context.Context, e stored[greeting]) ([]bankCommit, error) {
					notes.write("hello %d", e.Event.Of)
					return []bankCommit{{Key: copyKey(e.Event.Of), Unchecked: true, Events: []core.Event{copied{-e.Event.Of}}}}, nil
				}),
				reactor.Due(func(_ context.Context, e stored[farewell]) ([]bankCommit, error) { return output(e.Event.Of) }),
			)
			worker := reactor.NewWorker(store, today).ParkAfter(2)
			stop := runs(t, worker.Run)
			time.Sleep(time.Minute)
			if parked {
				list, err := worker.Parked(t.Context())
				require.NoError(t, err)
				require.Len(t, list, 1)
				require.Empty(t, copies(t, store), "they fail together")
				fails = false
				require.NoError(t, worker.ReplayAll(t.Context()))
				require.Equal(t, []string{"hello 5", "hello 5", "hello 5"}, notes.read())
			} else {
				require.Equal(t, []string{"hello 5"}, notes.read())
			}
			require.NoError(t, stop())
			require.Equal(t, []string{"5", "5"}, copies(t, store))
			require.Empty(t, pending(t, worker))
			again := reactor.NewWorker(store, today)
			require.NoError(t, again.CatchUp(ranFor(t, again)))
			require.Equal(t, []string{"5", "5"}, copies(t, store), "once")
		})
	}
}

// ranFor runs a worker until the test ends.
func ranFor(t *testing.T, w *bankWorker) context.Context {
	stop := runs(t, w.Run)
	t.Cleanup(func() { require.NoError(t, stop()) })
	return t.Context()
}
