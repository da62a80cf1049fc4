package reactor_test

import (
	"bytes"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core/internal/fakes"
	"github.com/jetsource/jetsource/core/reactor"
)

func TestReactionsAreObserved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var observed fakes.Observed
		fallback := fakes.Log(t)
		var given bytes.Buffer
		store := newBank().Watch(slog.New(slog.NewTextHandler(&given, nil)), observed.Observer())
		fails := errors.New("not yet")
		worker := reactor.NewWorker(store, copier(func(e stored[fundsDeposited]) error {
			if e.Event.Amount == 8 {
				return fails
			}
			return nil
		})).ParkAfter(2)
		stop := runs(t, worker.Run)
		require.NoError(t, worker.Wait(t.Context(), pay(t, store, "a", 7, 8)))
		require.NoError(t, stop())
		lines := observed.Lines("react", "fault")
		require.Equal(t, []string{
			"react copier account.deposited of account a, attempt 1",
			"react ended: <nil>",
			"react copier account.deposited of account a, attempt 1",
			"react ended: not yet",
			"fault of reactor copier, retry: not yet",
			"react copier account.deposited of account a, attempt 2",
			"react ended: not yet",
			"fault of reactor copier, park: not yet",
		}, lines)
		require.Contains(t, given.String(), "event parked")
		require.Empty(t, fallback.String())
	})
}
