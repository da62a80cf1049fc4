package reactor_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/reactor"
)

func TestReactorIsFoundWithoutItsHandlers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		_, err := reactor.Find(t.Context(), store, "mailer")
		require.ErrorIs(t, err, reactor.ErrUnknown)
		_, err = reactor.Find(t.Context(), store, "_mailer")
		require.ErrorContains(t, err, "underscore")

		worker := reactor.NewWorker(store, mailer(notes, nil).WithPartitions(3))
		status, err := worker.Status(t.Context())
		require.NoError(t, err)
		require.Empty(t, status.Partitions, "it has never run")
		stop := runs(t, worker.Run)
		synctest.Wait()
		require.NoError(t, stop())
		pay(t, store, "a", 1, 2)
		visits(t, store, "a")
		operator := found(t, store, "mailer")
		status, err = operator.Status(t.Context())
		require.NoError(t, err)
		require.Equal(t, []string{"account.cents-deposited", "account.deposited"}, status.Kinds, "of old, too")
		require.Len(t, status.Partitions, 3)
		require.Equal(t, at(2), status.Next, "after the layout")
		require.Equal(t, uint64(3), status.Lag)

		require.ErrorIs(t, operator.Run(t.Context()), reactor.ErrNoHandlers)
		require.ErrorIs(t, operator.Replay(t.Context(), parkedEvent(2)), reactor.ErrNoHandlers)
		require.NoError(t, operator.Reset(t.Context(), at(2)))
		worker = reactor.NewWorker(store, mailer(notes, nil).WithPartitions(3))
		stop = runs(t, worker.Run)
		require.NoError(t, worker.CatchUp(t.Context()))
		require.Equal(t, []string{"2"}, notes.read())
		time.Sleep(time.Second) // progress is kept
		status, err = operator.Status(t.Context())
		require.NoError(t, err)
		require.Zero(t, status.Next)
		require.Zero(t, status.Lag)
		require.Equal(t, at(3), status.Processed)
		require.NoError(t, stop())
	})
}

func TestStatusTellsWhoHasWhichPartition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		one, two := share(t, store), share(t, store)
		time.Sleep(10 * time.Second)
		spread(t, store, 0, 100)
		require.NoError(t, one.CatchUp(t.Context()))
		require.NoError(t, one.stop())
		require.NoError(t, two.CatchUp(t.Context()))
		time.Sleep(5 * time.Second)
		operator := found(t, store, "copier").WithLeases(store)
		status, err := operator.Status(t.Context())
		require.NoError(t, err)
		require.Zero(t, status.Lag)
		workers := make(map[string]int)
		for _, p := range status.Partitions {
			workers[p.Worker]++
		}
		require.Len(t, workers, 1)
		require.NotContains(t, workers, "")
		require.NoError(t, two.stop())
		status, err = operator.Status(t.Context())
		require.NoError(t, err)
		require.Empty(t, status.Partitions[0].Worker)
	})
}

// The lag of a reactor that was found follows the kinds of the worker that began last.
func TestKindsOfAReactorAreThoseOfItsLastWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		pay(t, store, "a", 1)
		goOn(t, reactor.NewWorker(store, mailer(new(recorder), nil)))
		before, err := store.LatestVersion(t.Context())
		require.NoError(t, err)
		goOn(t, reactor.NewWorker(store, mailer(new(recorder), nil)))
		after, err := store.LatestVersion(t.Context())
		require.NoError(t, err)
		require.Equal(t, before, after, "nothing is recorded if they are the same")
		goOn(t, reactor.NewWorker(store, reactor.Define("mailer",
			reactor.On(func(context.Context, stored[accountOpened]) error { return nil }),
			reactor.On(func(context.Context, stored[priceSet]) error { return nil }),
		).WithPartitions(1)))
		status, err := found(t, store, "mailer").Status(t.Context())
		require.NoError(t, err)
		require.Equal(t, []string{"account.opened", "price.set", "price.set.v1", "price.set.v2"}, status.Kinds)
	})
}

func TestStatusTellsWhatIsTriedAgain(t *testing.T) {
	for name, with := range map[string]func(*bankWorker, *bankStore) *bankWorker{
		"alone":  func(w *bankWorker, _ *bankStore) *bankWorker { return w },
		"leases": func(w *bankWorker, leases *bankStore) *bankWorker { return w.WithLeases(leases) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store, office := newBank(), new(office)
				office.set(reactor.WithReason(errMail, "the office is closed"))
				fault := func() *reactor.Fault[uint64] {
					status, err := found(t, store, "mailer").Status(t.Context())
					require.NoError(t, err)
					return status.Partitions[0].Fault
				}
				run := func() func() error {
					w := with(reactor.NewWorker(store, mailer(new(recorder), office.react("ada"))).WithBackoff(core.Backoff{First: time.Minute, Max: time.Minute}), store)
					return runs(t, w.Run)
				}
				pay(t, store, "a", 1)
				stop := run()
				time.Sleep(5 * time.Second)
				require.Equal(t, &reactor.Fault[uint64]{
					Position: 1, Kind: "account.deposited", Key: "account a", Attempts: 1, ErrorType: "*errors.errorString", Reason: "the office is closed",
				}, fault())
				time.Sleep(3 * time.Minute)
				require.Greater(t, fault().Attempts, 2)
				require.NoError(t, stop())
				require.Nil(t, fault(), "none works on it")
				stop = run()
				time.Sleep(5 * time.Second)
				require.NotNil(t, fault())
				office.set(nil)
				time.Sleep(2 * time.Minute)
				require.Nil(t, fault())
				require.NoError(t, stop())
			})
		})
	}
}

func TestDiscardByAnotherProgramReleasesWhatIsHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		worker := reactor.NewWorker(store, mailer(notes, failing(1, -1))).ParkAfter(1).HoldBack()
		stop := runs(t, worker.Run)
		require.NoError(t, worker.Wait(t.Context(), pay(t, store, "a", 1)))
		require.NoError(t, found(t, store, "mailer").DiscardAll(t.Context()))
		time.Sleep(5 * time.Second)
		require.NoError(t, worker.Wait(t.Context(), pay(t, store, "a", 2)))
		require.Equal(t, []string{"1 failed", "2"}, notes.read())
		require.NoError(t, stop())
	})
}
