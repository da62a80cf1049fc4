package projection_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core/internal/fakes"
	"github.com/jetsource/jetsource/core/projection"
)

// Live projections go on after an outage, those that ran before and those that began
// during it.
func TestLiveOutlastsAnOutage(t *testing.T) {
	for _, away := range []time.Duration{time.Second, 12 * time.Second, 90 * time.Second, 5 * time.Minute} {
		t.Run(away.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := fakes.NewOutage(newBank())
				pay(t, store, "a", 1)
				before := projection.NewLive(store, ledgers)
				stopBefore := runs(t, before.Run)
				synctest.Wait()
				store.Begin()
				during := projection.NewLive(store, ledgers.Of(accountKey("a")))
				stopDuring := runs(t, during.Run)
				time.Sleep(away)
				store.End()
				v := pay(t, store, "a", 2)
				require.NoError(t, before.Wait(t.Context(), v))
				require.NoError(t, during.Wait(t.Context(), v))
				require.Equal(t, int64(3), seen(before).Total)
				require.Equal(t, int64(3), seen(during).Total)
				require.NoError(t, stopBefore())
				require.NoError(t, stopDuring())
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

// No event is folded after the context has ended.
func TestNoEventIsFoldedAfterTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	store := eager{newBank()}
	pay(t, store, "a", 1, 2, 3)
	p := projection.Define("first", projection.On(func(n *int64, e stored[fundsDeposited]) {
		*n += e.Event.Amount
		cancel()
	}))
	live := projection.NewLive(store, p)
	require.NoError(t, live.Run(ctx))
	live.View(func(n *int64) { require.Equal(t, int64(1), *n) })
}
