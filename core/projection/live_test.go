package projection_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/internal/fakes"
	"github.com/jetsource/jetsource/core/projection"
)

// seen is the state of a live ledger as it is now, copied.
func seen(live *liveLedger) (state ledger) {
	live.View(func(l *ledger) {
		state = *l
		state.Owners, state.Amounts = append([]string(nil), l.Owners...), append([]int64(nil), l.Amounts...)
		state.By = nil
	})
	return state
}

func TestLiveFoldsHistoryAndFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		pay(t, store, "a", 1)
		live := projection.NewLive(store, ledgers.WithInit(func() ledger { return ledger{Total: 100} }))
		require.Equal(t, int64(100), seen(live).Total, "before it runs")
		require.True(t, live.Processed().IsZero())

		stop := runs(t, live.Run)
		synctest.Wait()
		require.Equal(t, int64(101), seen(live).Total)
		for i := range int64(3) {
			v := pay(t, store, "b", i, i)
			synctest.Wait()
			require.Equal(t, v, live.Processed())
		}
		require.Equal(t, []int64{1, 0, 0, 1, 1, 2, 2}, seen(live).Amounts)
		require.NoError(t, stop())
		pay(t, store, "b", 5)
		synctest.Wait()
		require.Equal(t, int64(107), seen(live).Total, "it stands still")
	})
}

func TestLiveOfSomeAggregatesIsLeftAloneByOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		live := projection.NewLive(store, ledgers.Of(accountKey("b")))
		stop := runs(t, live.Run)
		for i, id := range []string{"a", "b", "a", "b"} {
			pay(t, store, id, 1<<i)
		}
		require.NoError(t, live.CatchUp(t.Context()))
		require.Equal(t, int64(10), seen(live).Total)
		require.NoError(t, stop())
	})
}

func TestRunIsCalledOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		live := projection.NewLive(store, ledgers)
		stop := runs(t, live.Run)
		synctest.Wait()
		require.EqualError(t, live.Run(t.Context()), "projection: Run was called before")
		pay(t, store, "a", 1)
		require.NoError(t, live.CatchUp(t.Context()), "the first goes on")
		require.NoError(t, stop())
		require.Error(t, live.Run(t.Context()), "nor does it run again")
	})
}

func TestRunReturnsNilForAContextThatHasEnded(t *testing.T) {
	ctx, cancel, cause := ended()
	defer cancel()
	live := projection.NewLive(newBank(), ledgers)
	require.NoError(t, live.Run(ctx))
	err := live.Wait(t.Context(), at(1))
	require.ErrorIs(t, err, core.ErrStopped)
	require.ErrorIs(t, err, cause)
}

func TestLiveEndsAtAnEventThatItCannotDecode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		pay(t, store, "a", 1)
		bad := spoil(t, store, "b")
		pay(t, store, "a", 2)
		live := projection.NewLive(store, ledgers)
		err := live.Run(t.Context())
		fault, ok := errors.AsType[*core.DecodeError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, "account b", fault.Key)
		require.ErrorContains(t, err, "follow projection ledger: decode event at 2 (account.deposited of account b): ")
		require.Equal(t, int64(1), seen(live).Total)
		err = live.Wait(t.Context(), bad)
		require.ErrorIs(t, err, core.ErrStopped)
		require.ErrorContains(t, err, "decode event at 2")
	})
}

func TestLiveWithSkipGoesOnAndReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, snaps := newBank(), fakes.NewSnapshots()
		var reports []string
		for round := range 2 { // the second begins with a snapshot
			live := projection.NewLive(store, ledgers).WithSnapshots(snaps).WithSkip(func(_ context.Context, e *core.DecodeError) {
				reports = append(reports, e.Key+" at "+e.Position)
			})
			spoil(t, store, "b")
			stop := runs(t, live.Run)
			pay(t, store, "a", 1)
			spoil(t, store, "c")
			require.NoError(t, live.CatchUp(t.Context()))
			require.Equal(t, int64(round+1), seen(live).Total)
			require.NoError(t, stop())
		}
		require.Equal(t, []string{"account b at 1", "account c at 3", "account b at 4", "account c at 6"}, reports)
	})
}

// lost is a store whose subscription ends with an error.
type lost struct {
	*bankStore
	err error
}

func (s lost) Subscribe(ctx context.Context, filters ...bankFilter) bankEvents {
	return func(yield func(bankEvent, error) bool) {
		for e, err := range s.LoadEvents(ctx, filters...) {
			if !yield(e, err) {
				return
			}
		}
		yield(bankEvent{}, s.err)
	}
}

func TestErrorOfTheStoreEndsRun(t *testing.T) {
	cause := core.Final(errors.New("cable cut"))
	store := lost{newBank(), cause}
	pay(t, store, "a", 1)
	live := projection.NewLive(store, ledgers)
	err := live.Run(t.Context())
	require.EqualError(t, err, "follow projection ledger: cable cut")
	require.ErrorIs(t, err, cause)
	require.Equal(t, int64(1), seen(live).Total)
	require.NoError(t, live.Wait(t.Context(), at(1)))
	require.EqualError(t, live.Wait(t.Context(), at(2)), "stopped: cable cut")
}

// View may be called at any time; run with the race detector.
func TestViewSeesWholeEventsWhileTheyAreFolded(t *testing.T) {
	store := newBank()
	type pair struct{ Left, Right int64 }
	p := projection.Define("pair", projection.On(func(p *pair, e stored[fundsDeposited]) {
		p.Left += e.Event.Amount
		p.Right -= e.Event.Amount
	}))
	live := projection.NewLive(store, p)
	stop := runs(t, live.Run)
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			for last := int64(0); ; {
				live.View(func(p *pair) {
					if p.Left+p.Right != 0 || p.Left < last {
						t.Errorf("saw %+v after %d", *p, last)
					}
					last = p.Left
				})
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for range 300 {
		pay(t, store, "a", 1, 1)
	}
	require.NoError(t, live.CatchUp(t.Context()))
	close(done)
	readers.Wait()
	live.View(func(p *pair) { require.Equal(t, pair{600, -600}, *p) })
	require.NoError(t, stop())
}

// Wait returns when the event is in the state, also if the snapshot store is slow or
// waits itself.
func TestWaitReturnsBeforeTheSnapshotIsOffered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, snaps := newBank(), fakes.NewSnapshots()
		pay(t, store, "a", 1)
		var live *liveLedger
		var before []string
		live = projection.NewLive(store, ledgers).WithSnapshots(offering{snaps, func() {
			before = append(before, fmt.Sprint(live.Processed(), seen(live).Amounts))
			time.Sleep(4 * time.Second)
		}})
		stop := runs(t, live.Run)
		synctest.Wait()
		v := pay(t, store, "a", 2)
		require.NoError(t, live.Wait(t.Context(), v))
		require.Equal(t, int64(3), seen(live).Total)
		require.NoError(t, stop())
		require.Equal(t, []string{"1 [1]"}, before, "when it is offered")
		require.Equal(t, uint64(2), snaps.Stored[onlyKey(t, snaps)].Position, "when it is taken")
	})
}

// offering calls before for each offer.
type offering struct {
	*fakes.Snapshots
	before func()
}

func (o offering) OfferSnapshot(ctx context.Context, key core.SnapshotKey[string], age core.SnapshotAge, create func() (core.Snapshot[uint64], error)) (core.SnapshotOffer, error) {
	o.before()
	return o.Snapshots.OfferSnapshot(ctx, key, age, create)
}

func TestLiveBeginsWithItsSnapshotAndFoldsTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, snaps := newBank(), fakes.NewSnapshots()
		live := projection.NewLive(store, ledgers).WithSnapshots(snaps)
		stop := runs(t, live.Run)
		for _, amount := range []int64{1, 2} {
			pay(t, store, "a", amount)
			synctest.Wait()
		}
		require.NoError(t, stop())
		require.Equal(t, []int{1, 1}, snaps.Offers)

		changeOnly(t, snaps, func(s *core.Snapshot[uint64]) { s.State = []byte(`{"Total":1000}`) }) // to tell
		pay(t, store, "a", 4)
		live = projection.NewLive(store, ledgers).WithSnapshots(snaps)
		stop = runs(t, live.Run)
		require.NoError(t, live.CatchUp(t.Context()))
		require.Equal(t, int64(1004), seen(live).Total)
		require.NoError(t, stop())
	})
}

// What the policy declined while it ran is offered again when it ends.
func TestLiveOffersItsLastStateWhenItEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, snaps := newBank(), fakes.NewSnapshots()
		snaps.Due = 4
		live := projection.NewLive(store, ledgers).WithSnapshots(snaps)
		stop := runs(t, live.Run)
		for _, amount := range []int64{1, 2, 4, 8, 16} {
			pay(t, store, "a", amount)
			synctest.Wait()
		}
		require.NoError(t, stop())
		require.Equal(t, []int{1, 2, 3, 4, 1, 1}, snaps.Offers)
		require.Equal(t, uint64(4), snaps.Stored[onlyKey(t, snaps)].Position)
	})
}

func TestLiveBeginsAnewWithASnapshotOfAnotherLog(t *testing.T) {
	for name, spoil := range map[string]func(*core.Snapshot[uint64]){
		"ahead of the log": func(s *core.Snapshot[uint64]) { s.Position, s.EventID = 1000, "other/0" },
		"of another event": func(s *core.Snapshot[uint64]) { s.EventID = "other/0" },
		"of another store": func(s *core.Snapshot[uint64]) { s.StoreID = "other" },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store, snaps := newBank(), fakes.NewSnapshots()
				pay(t, store, "a", 1, 2)
				loadFrom(t, store, snaps, ledgers)
				changeOnly(t, snaps, func(s *core.Snapshot[uint64]) {
					s.State = []byte(`{"Total":1000}`)
					spoil(s)
				})
				log := fakes.Log(t)
				live := projection.NewLive(store, ledgers).WithSnapshots(snaps)
				stop := runs(t, live.Run)
				require.NoError(t, live.CatchUp(t.Context()))
				require.Equal(t, int64(3), seen(live).Total)
				require.Contains(t, log.String(), "snapshot not used, replaying events")
				require.NoError(t, stop())
				require.Equal(t, totalOf("a", 1, 2), loadFrom(t, store, snaps, ledgers), "it was replaced")
			})
		})
	}
}

// collect takes versions until it was given last.
func collect(updates iter.Seq[version], pause time.Duration, last version) (got []version) {
	for v := range updates {
		if got = append(got, v); v == last {
			break
		}
		time.Sleep(pause)
	}
	return got
}

func TestUpdatesYieldEachVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		pay(t, store, "a", 1)
		live := projection.NewLive(store, ledgers)
		stop := runs(t, live.Run)
		synctest.Wait()
		fast, slow := make(chan []version, 1), make(chan []version, 1)
		go func() { fast <- collect(live.Updates(t.Context()), 0, at(6)) }()
		go func() { slow <- collect(live.Updates(t.Context()), time.Hour, at(6)) }()
		synctest.Wait()
		for i := range 5 {
			pay(t, store, "a", int64(i))
			synctest.Wait()
		}
		require.Equal(t, []version{at(1), at(2), at(3), at(4), at(5), at(6)}, <-fast)
		require.Equal(t, []version{at(1), at(6)}, <-slow, "the present, then the latest")
		require.NoError(t, stop())
	})
}

func TestUpdatesEndWithRunAndWithTheirContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		live := projection.NewLive(store, ledgers)
		ctx, cancel := context.WithCancel(t.Context())
		var waiting sync.WaitGroup
		var byContext, byRun []version
		waiting.Go(func() { byContext = collect(live.Updates(ctx), 0, at(1000)) })
		waiting.Go(func() { byRun = collect(live.Updates(t.Context()), 0, at(1000)) })
		synctest.Wait()
		stop := runs(t, live.Run)
		pay(t, store, "a", 1)
		synctest.Wait()
		cancel()
		synctest.Wait()
		pay(t, store, "a", 2)
		synctest.Wait()
		require.NoError(t, stop())
		waiting.Wait()
		require.Equal(t, []version{{}, at(1)}, byContext)
		require.Equal(t, []version{{}, at(1), at(2)}, byRun)
		require.Equal(t, []version{at(2)}, collect(live.Updates(t.Context()), 0, at(1000)), "what it came to, after it ended")
	})
}

// A loop that never catches up ends with its context as well.
func TestUpdatesOfABusyProjectionEndWithTheirContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		live := projection.NewLive(store, ledgers)
		stop := runs(t, live.Run)
		ctx, cancel := context.WithCancel(t.Context())
		count := 0
		for range live.Updates(ctx) {
			if count++; count == 10 {
				break
			}
			cancel()
			pay(t, store, "a", 1)
			synctest.Wait()
		}
		cancel()
		require.Equal(t, 1, count)
		require.NoError(t, stop())
	})
}

func TestLagCountsEventsThatAreNotFolded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		live := projection.NewLive(store, ledgers)
		lag := func() uint64 {
			n, err := live.Lag(t.Context())
			require.NoError(t, err)
			return n
		}
		require.Zero(t, lag())
		visits(t, store, "a")
		require.Zero(t, lag(), "what is left is none of the projection's")
		pay(t, store, "a", 1, 2)
		visits(t, store, "a")
		require.Equal(t, uint64(4), lag())
		stop := runs(t, live.Run)
		synctest.Wait()
		require.Zero(t, lag())
		require.NoError(t, stop())
		coretest.Seed(t, store, accountKey("a"), accountOpened{"ada"})
		require.Equal(t, uint64(2), lag(), "a visit, and the opening")
		ctx, cancel, cause := ended()
		defer cancel()
		_, err := live.Lag(ctx)
		require.ErrorIs(t, err, cause)
	})
}
