package reactor_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/reactor"
)

// envelopes are those of an aggregate's events.
func envelopes(t *testing.T, store core.EventStore[string, uint64, string], key bankKey) (all []core.Envelope[string, uint64, string]) {
	t.Helper()
	for e, err := range store.LoadEvents(t.Context(), bankFilter{Aggregate: &key}) {
		require.NoError(t, err)
		all = append(all, e.Envelope)
	}
	return all
}

func TestOutputsAreCausedByTheirEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		side := bankKey{Kind: "side", ID: "effect"}
		effects := reactor.Define("effects", reactor.On(func(ctx context.Context, e stored[copied]) error {
			_, err := core.CommitEvents(ctx, store, side, []core.Event{e.Event}, "")
			return err
		}).Of(copyKey(7), copyKey(8)))
		first, second := reactor.NewWorker(store, copier(nil)), reactor.NewWorker(store, effects)
		stopFirst, stopSecond := runs(t, first.Run), runs(t, second.Run)

		trace := core.TraceContext{Parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", State: "a=b"}
		account := bankKey{Kind: "account", ID: "a"}
		ctx := core.WithTrace(core.WithCorrelationID(t.Context(), "request 1"), trace)
		_, err := core.CommitEvents(ctx, store, account, []core.Event{fundsDeposited{Amount: 7}}, "")
		require.NoError(t, err)
		_, err = core.CommitEvents(t.Context(), store, account, []core.Event{fundsDeposited{Amount: 8}}, "")
		require.NoError(t, err)
		require.NoError(t, first.CatchUp(t.Context()))
		require.NoError(t, second.CatchUp(t.Context()))

		paid := envelopes(t, store, account)
		for i, amount := range []int64{7, 8} {
			output := envelopes(t, store, copyKey(amount))[0]
			effects := envelopes(t, store, side) // of two partitions, in any order
			effect := effects[slices.IndexFunc(effects, func(e core.Envelope[string, uint64, string]) bool { return e.Origin.CausationID == output.EventID() })]
			require.Equal(t, core.Origin{CorrelationID: paid[i].CorrelationID(), CausationID: paid[i].EventID(), Trace: paid[i].Origin.Trace}, output.Origin)
			require.Equal(t, core.Origin{CorrelationID: paid[i].CorrelationID(), CausationID: output.EventID(), Trace: paid[i].Origin.Trace}, effect.Origin)
		}
		require.Equal(t, core.Origin{CorrelationID: "request 1", Trace: trace}, paid[0].Origin)
		require.Equal(t, paid[1].Commit.ID, paid[1].CorrelationID(), "a commit of no request begins a correlation")
		require.NoError(t, stopFirst())
		require.NoError(t, stopSecond())
	})
}

func TestReplayedOutputsAreCausedByTheirEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, fails := newBank(), true
		worker := reactor.NewWorker(store, copier(func(stored[fundsDeposited]) error {
			if fails {
				return context.DeadlineExceeded
			}
			return nil
		})).ParkAfter(1)
		stop := runs(t, worker.Run)
		account := bankKey{Kind: "account", ID: "a"}
		at, err := core.CommitEvents(core.WithCorrelationID(t.Context(), "request 2"), store, account, []core.Event{fundsDeposited{Amount: 7}}, "")
		require.NoError(t, err)
		require.NoError(t, worker.Wait(t.Context(), core.At(at)))
		fails = false
		parked, err := worker.Parked(t.Context())
		require.NoError(t, err)
		require.NoError(t, worker.Replay(t.Context(), parked[0]))
		output := envelopes(t, store, copyKey(7))[0]
		require.Equal(t, core.Origin{CorrelationID: "request 2", CausationID: envelopes(t, store, account)[0].EventID()}, output.Origin)
		require.NoError(t, stop())
	})
}
