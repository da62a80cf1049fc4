package reactor_test

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/reactor"
)

// gift is an event; gifts were once recorded several at a time.
type gift struct{ Amount int64 }

func (gift) EventKind() string { return "account.gift" }
func (gift) EventHistory() core.History {
	return core.History{core.Split("account.gifts", func(amounts []int64) []core.Event {
		var events []core.Event
		for _, amount := range amounts {
			events = append(events, gift{amount})
		}
		return events
	})}
}

// seedGifts records three gifts in one event of old, one gift, and an event of none.
func seedGifts(t *testing.T, store core.EventStore[string, uint64, string]) {
	t.Helper()
	coretest.Seed(t, store, accountKey("a"),
		coretest.Raw{Kind: "account.gifts", JSON: `[1,2,3]`}, gift{4}, coretest.Raw{Kind: "account.gifts", JSON: `[]`})
}

// giver notes each gift; before may end it.
func giver(notes *recorder, before func(amount int64) error) *bankReactor {
	return reactor.Define("giver", reactor.On(func(_ context.Context, e stored[gift]) error {
		if err := before(e.Event.Amount); err != nil {
			return err
		}
		_, number, _ := strings.Cut(e.EventID(), "/")
		notes.write("%d as %s", e.Event.Amount, number)
		return nil
	}))
}

// copierOfGifts commits a copy of each gift, all to one aggregate.
func copierOfGifts(notes *recorder, before func(amount int64) error) *bankReactor {
	return reactor.Define("giver", reactor.Produce(func(_ context.Context, e stored[gift]) ([]bankCommit, error) {
		if err := before(e.Event.Amount); err != nil {
			return nil, err
		}
		notes.write("%d", e.Event.Amount)
		return []bankCommit{{Key: copyKey(0), Unchecked: true, Events: []core.Event{copied(e.Event)}}}, nil
	}))
}

// copiedAmounts are the amounts that were copied, in order.
func copiedAmounts(t *testing.T, store core.EventStore[string, uint64, string]) (all []int64) {
	t.Helper()
	for e, err := range store.LoadEvents(t.Context(), bankFilter{EventKind: "copy.made"}) {
		require.NoError(t, err)
		event, err := core.Decode[copied](store, e)
		require.NoError(t, err)
		all = append(all, event.Amount)
	}
	return all
}

func fine(int64) error { return nil }

// crashes ends the goroutine of the worker, as a crash does, before a gift of 2.
func crashes(amount int64) error {
	if amount == 2 {
		runtime.Goexit()
	}
	return nil
}

// crash runs a worker until it ends without recording anything more.
func crash(t *testing.T, worker *bankWorker) {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = worker.Run(t.Context())
	}()
	<-ended
}

// goOn runs another worker until it has processed all.
func goOn(t *testing.T, worker *bankWorker) {
	t.Helper()
	stop := runs(t, worker.Run)
	require.NoError(t, worker.CatchUp(t.Context()))
	require.NoError(t, stop())
}

func TestInputsOfOneEventAreHandledInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		seedGifts(t, store)
		goOn(t, reactor.NewWorker(store, giver(notes, fine)))
		require.Equal(t, []string{"1 as 0.1", "2 as 0.2", "3 as 0.3", "4 as 1"}, notes.read())
	})
}

func TestCrashBetweenInputsOfOneEventRecordsOutputsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		seedGifts(t, store)
		first := reactor.NewWorker(store, copierOfGifts(notes, crashes))
		crash(t, first)
		require.True(t, first.Processed().IsZero(), "the event is not processed yet")
		_, last := checkpoints(t, store, "giver")
		require.JSONEq(t, `{"processed":null,"partial":{"event":1,"done":1}}`, last)
		goOn(t, reactor.NewWorker(store, copierOfGifts(notes, fine)))
		require.Equal(t, []int64{1, 2, 3, 4}, copiedAmounts(t, store))
		require.Equal(t, []string{"1", "2", "3", "4"}, notes.read(), "the second worker goes on with the second gift")
	})
}

func TestCrashBetweenInputsOfOneEventRepeatsEffects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		seedGifts(t, store)
		crash(t, reactor.NewWorker(store, giver(notes, crashes)))
		goOn(t, reactor.NewWorker(store, giver(notes, fine)))
		require.Equal(t, []string{"1 as 0.1", "1 as 0.1", "2 as 0.2", "3 as 0.3", "4 as 1"}, notes.read())
	})
}

func TestWorkerThatEndsBetweenInputsOfOneEventRepeatsNone(t *testing.T) {
	for range 1 {
		synctest.Test(t, func(t *testing.T) {
			store, notes := newBank(), new(recorder)
			seedGifts(t, store)
			ctx, cancel := context.WithCancel(t.Context())
			err := reactor.NewWorker(store, giver(notes, func(amount int64) error {
				if amount == 2 {
					cancel()
					return ctx.Err()
				}
				return nil
			})).Run(ctx)
			require.NoError(t, err)
			goOn(t, reactor.NewWorker(store, giver(notes, fine)))
			require.Equal(t, []string{"1 as 0.1", "2 as 0.2", "3 as 0.3", "4 as 1"}, notes.read())
		})
	}
}

func TestInputsOfOneEventAreParkedFromTheOneThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		seedGifts(t, store)
		fails := func(amount int64) error {
			if amount == 2 {
				return errUnlucky
			}
			return nil
		}
		worker := parkedWith(t, store, copierOfGifts(notes, fails))
		require.Equal(t, []int64{1, 4}, copiedAmounts(t, store), "what follows the failure waits for it")
		parked, err := worker.Parked(t.Context())
		require.NoError(t, err)
		require.Len(t, parked, 1)
		require.Equal(t, 1, parked[0].Done)
		require.True(t, strings.HasSuffix(parked[0].EventID, "/0.2"), parked[0].EventID)
		require.ErrorIs(t, worker.Replay(t.Context(), parkedEvent(1)), errUnlucky)

		third := func(amount int64) error {
			if amount == 3 {
				return errUnlucky
			}
			return nil
		}
		half := reactor.NewWorker(store, copierOfGifts(notes, third))
		require.ErrorIs(t, half.Replay(t.Context(), parkedEvent(1)), errUnlucky)
		parked, err = half.Parked(t.Context())
		require.NoError(t, err)
		require.Len(t, parked, 1)
		require.Equal(t, 2, parked[0].Done)

		mended := reactor.NewWorker(store, copierOfGifts(notes, fine))
		require.NoError(t, mended.Replay(t.Context(), parkedEvent(1)))
		require.Equal(t, []int64{1, 4, 2, 3}, copiedAmounts(t, store))
		require.ErrorIs(t, mended.Replay(t.Context(), parkedEvent(1)), reactor.ErrNotParked)
	})
}

// An event that could not be read at all is parked as a whole, and replayed one by one.
func TestEventIsReplayedAsWhatItIsByThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes := newBank(), new(recorder)
		seedGifts(t, store)
		r := copierOfGifts(notes, func(amount int64) error {
			if amount == 1 {
				panic(errUnlucky)
			}
			return nil
		})
		parkedWith(t, store, r)
		mended := reactor.NewWorker(store, copierOfGifts(notes, fine))
		require.NoError(t, mended.Replay(t.Context(), parkedEvent(1)))
		require.Equal(t, []int64{4, 1, 2, 3}, copiedAmounts(t, store))
		require.Empty(t, parkedAt(t, mended))
	})
}
