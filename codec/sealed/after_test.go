package sealed_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/projection"
	"github.com/jetsource/jetsource/core/reactor"
)

// A live model and a worker that begin after a subject was forgotten read its events as
// erased: neither ends, skips or parks one of them, with or without snapshots of before.
func TestReadersThatBeginAfterForgetReadErasedValues(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.fill(t)
		before, err := projection.LoadFrom(t.Context(), w.store, w.snapshots, namesProjection())
		require.NoError(t, err)
		require.Equal(t, "secret C-1", before.ByID["C-1"].Name, "the control, and a snapshot of it")
		w.forget(t)

		want := map[string]registered{
			"C-1": {"C-1", "", "(forgotten, for good)", "DE"}, "C-2": {"C-2", "secret-C-2@example.com", "secret C-2", "DE"},
		}
		untold := projection.Define("names", projection.On(func(n *nameList, e recordedEvent[registered]) {
			n.ByID[e.Event.Customer] = e.Event
		})).WithInit(func() nameList { return nameList{ByID: map[string]registered{}} })
		seen := make(chan registered, 10)
		greeter := reactor.Define("greeter", reactor.On(func(_ context.Context, e recordedEvent[registered]) error {
			seen <- e.Event
			return nil
		})).WithPartitions(1)
		lives := []*projection.Live[nameList, string, uint64, core.NoMetadata]{projection.NewLive(w.store, untold), projection.NewLive(w.store, namesProjection()).WithSnapshots(w.snapshots)}
		worker := reactor.NewWorker(w.store, greeter).ParkAfter(1)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 3)
		for _, run := range []func(context.Context) error{lives[0].Run, lives[1].Run, worker.Run} {
			go func() { ended <- run(ctx) }()
		}
		for _, l := range lives {
			require.NoError(t, l.CatchUp(ctx))
			l.View(func(n *nameList) { require.Equal(t, want, n.ByID) })
		}
		require.NoError(t, worker.CatchUp(ctx))
		for range 2 {
			e := <-seen
			require.Equal(t, want[e.Customer], e)
		}
		parked, err := worker.Parked(ctx)
		require.NoError(t, err)
		require.Empty(t, parked)
		cancel()
		for range 3 {
			require.NoError(t, <-ended)
		}
	})
}
