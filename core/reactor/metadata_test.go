package reactor_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/internal/fakes"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/reactor"
)

func TestEventWithMetadataThatCannotBeDecodedIsParked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memory.New[string, fakes.Text]()
		coretest.Seed(t, store, accountKey("a"), fundsDeposited{1})
		fakes.CommitUnreadable(t, store, accountKey("a"), fundsDeposited{2})
		coretest.Seed(t, store, accountKey("a"), fundsDeposited{4})
		var seen []int64
		copies := reactor.Define("copies", reactor.On(func(_ context.Context, e core.Recorded[fundsDeposited, string, uint64, fakes.Text]) error {
			seen = append(seen, e.Event.Amount)
			return nil
		}))

		err := reactor.NewWorker(store, copies).Run(t.Context())
		require.ErrorAs(t, err, new(*reactor.ReactionError))
		require.ErrorAs(t, err, new(*core.DecodeError))
		require.ErrorIs(t, err, core.ErrMetadata)
		require.Equal(t, []int64{1}, seen)

		worker := reactor.NewWorker(store, copies).ParkAfter(3)
		stop := runs(t, worker.Run)
		require.NoError(t, worker.CatchUp(t.Context()))
		require.NoError(t, stop())
		require.Equal(t, []int64{1, 4}, seen, "the handler is not called without its metadata")
		parked, err := worker.Parked(t.Context())
		require.NoError(t, err)
		require.Len(t, parked, 1)
		require.Equal(t, uint64(2), parked[0].Position)
		require.Equal(t, 1, parked[0].Attempts)
		require.Equal(t, "*core.DecodeError", parked[0].ErrorType)
		require.ErrorIs(t, worker.Replay(t.Context(), parkedEvent(2)), core.ErrMetadata)
		require.Equal(t, []uint64{2}, []uint64{parked[0].Position})
	})
}
