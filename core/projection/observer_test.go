package projection_test

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fakes"
	"github.com/jetsource/jetsource/core/projection"
)

func TestFoldsAreObserved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var observed fakes.Observed
		fallback := fakes.Log(t)
		var given bytes.Buffer
		store := newBank().Watch(slog.New(slog.NewTextHandler(&given, nil)), observed.Observer())
		snapshots := fakes.NewSnapshots()
		snapshots.LoadErr = &core.SnapshotReadError{Err: context.DeadlineExceeded}
		live := projection.NewLive(store, ledgers).WithSnapshots(snapshots).WithSkip(func(context.Context, *core.DecodeError) {})
		stop := runs(t, live.Run)
		pay(t, store, "a", 1)
		spoil(t, store, "a")
		synctest.Wait()
		require.NoError(t, stop())
		lines := observed.Lines("fold", "fault", "snapshot")
		require.Contains(t, lines, "fold ledger account.deposited of account a at 1: <nil>")
		require.Len(t, observed.Lines("fold"), 2)
		require.Contains(t, observed.Lines("fault")[0], "fault of projection ledger, skip: ")
		require.Contains(t, observed.Lines("snapshot")[0], "snapshot load projection ledger: false")
		require.Contains(t, given.String(), "snapshot not used")
		require.Empty(t, fallback.String())
	})
}
