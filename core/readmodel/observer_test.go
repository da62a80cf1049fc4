package readmodel_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fakes"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/readmodel"
	"github.com/jetsource/jetsource/core/readmodel/targettest"
)

func TestTransactionsOfReadModelsAreObserved(t *testing.T) {
	var observed fakes.Observed
	fallback := fakes.Log(t)
	var given bytes.Buffer
	s := memory.New[string, core.NoMetadata]().Watch(slog.New(slog.NewTextHandler(&given, nil)), observed.Observer())
	commit(t, s, "a", opened{"ada"}, deposited{1}, deposited{-1})
	m := balances(1, func(ctx context.Context, tx tx, e recorded[deposited]) error {
		if e.Event.Amount < 0 {
			return errors.New("negative")
		}
		return add(ctx, tx, e)
	})
	r := quick(readmodel.NewRunner(s, targettest.NewMemory(), m)).ParkAfter(1)
	stop := runs(t, r)
	catchUp(t, r)
	require.NoError(t, stop())
	require.Contains(t, observed.Lines("apply"), "apply balances v1: 0 of 3, negative")
	require.Contains(t, observed.Lines("apply"), "apply balances v1: 2 of 2, <nil>")
	require.Contains(t, observed.Lines("fault"), "fault of read model balances v1, park: negative")
	require.Contains(t, given.String(), "event parked")
	require.Empty(t, fallback.String())
}
