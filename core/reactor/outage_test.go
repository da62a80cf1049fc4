package reactor_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fakes"
	"github.com/jetsource/jetsource/core/reactor"
)

// Workers of every kind go on after an outage, those that ran before and those that
// began during it, and react to each event once.
func TestWorkersOutlastAnOutage(t *testing.T) {
	for _, away := range []time.Duration{time.Second, 12 * time.Second, 90 * time.Second, 5 * time.Minute} {
		t.Run(away.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := fakes.Log(t)
				store := fakes.NewOutage(newBank())
				type runner struct {
					name  string
					notes *recorder
					*bankWorker
					stop func() error
				}
				var all []runner
				begin := func(when string) {
					for kind, with := range map[string]func(*bankWorker) *bankWorker{
						"plain": func(w *bankWorker) *bankWorker { return w },
						"lease": func(w *bankWorker) *bankWorker { return w.WithLeases(newBank()) },
						"park":  func(w *bankWorker) *bankWorker { return w.ParkAfter(2) },
						"stop":  func(w *bankWorker) *bankWorker { return w.StopAfter(2).WithLeases(newBank()) },
					} {
						notes := new(recorder)
						w := with(reactor.NewWorker(store, mailer(notes, nil).Of(when+kind, accountKey("a"))))
						all = append(all, runner{when + kind, notes, w, runs(t, w.Run)})
					}
				}
				pay(t, store, "a", 1)
				begin("before-")
				synctest.Wait()
				store.Begin()
				begin("during-")
				time.Sleep(away)
				store.End()
				pay(t, store, "a", 2)
				for _, r := range all {
					require.NoError(t, r.CatchUp(t.Context()), r.name)
					require.Equal(t, []string{"1", "2"}, r.notes.read(), r.name)
					require.NoError(t, r.stop(), r.name)
				}
				lines := strings.Count(log.String(), "store failed")
				require.LessOrEqual(t, lines, len(all)*(2+int(away/time.Minute)), "a line a minute for each: %s", log)
			})
		})
	}
}

// A reaction that was done is not repeated because its store cannot record that.
func TestReactionIsNotRepeatedForTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := fakes.NewOutage(newBank()), new(recorder)
		pay(t, store, "a", 1)
		worker := reactor.NewWorker(store, mailer(notes, func(stored[fundsDeposited]) error {
			if len(notes.read()) == 0 {
				store.Begin()
			}
			return nil
		})).ParkAfter(1)
		stop := runs(t, worker.Run)
		time.Sleep(10 * time.Minute)
		store.End()
		require.NoError(t, worker.CatchUp(t.Context()))
		require.Equal(t, []string{"1"}, notes.read())
		require.NoError(t, stop())
	})
}

// A store that a reaction uses, and that is full or away, is no fault of the event.
func TestUnavailableStoreOfAReactionIsNoFaultOfTheEvent(t *testing.T) {
	for name, cause := range map[string]error{"full": core.ErrUnavailable, "silent": core.ErrUnknownOutcome} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store, notes, fails := newBank(), new(recorder), times(50, cause)
				pay(t, store, "a", 1)
				worker := reactor.NewWorker(store, mailer(notes, func(stored[fundsDeposited]) error { return fails() })).ParkAfter(2)
				stop := runs(t, worker.Run)
				require.NoError(t, worker.CatchUp(t.Context()))
				parked, err := worker.Parked(t.Context())
				require.NoError(t, err)
				require.Empty(t, parked)
				require.NoError(t, stop())
			})
		})
	}
}

// eager is a store whose subscriptions yield all that they have, whatever became of
// their context.
type eager struct{ *bankStore }

func (s eager) Subscribe(_ context.Context, filters ...bankFilter) bankEvents {
	return s.LoadEvents(context.Background(), filters...)
}

// No reaction begins after the context has ended.
func TestNoReactionBeginsAfterTheContext(t *testing.T) {
	store, notes := eager{newBank()}, new(recorder)
	pay(t, store, "a", 1, 2, 3, 4)
	ctx, cancel := context.WithCancel(t.Context())
	worker := reactor.NewWorker(store, mailer(notes, func(e stored[fundsDeposited]) error {
		if e.Event.Amount == 2 {
			cancel()
		}
		return nil
	}))
	require.NoError(t, worker.Run(ctx))
	require.Equal(t, []string{"1", "2"}, notes.read())
}
