package core_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/internal/fakes"
	"github.com/jetsource/jetsource/core/memory"
)

func TestCommandIsObservedWithAllItDoes(t *testing.T) {
	var observed fakes.Observed
	store := memory.New[string, core.NoMetadata]().Watch(nil, observed.Observer())
	repo := core.NewRepository(store, accounts).WithRetries(1).WithSnapshots(fakes.NewSnapshots())
	_, err := repo.Create(t.Context(), "a", openAccount{"ada"})
	require.NoError(t, err)
	_, err = repo.Update(t.Context(), "a", coretest.Interrupt(deposit{1}, func() {
		coretest.Seed(t, store, accountKey("a"), fundsDeposited{2})
	}))
	require.NoError(t, err)
	lines := observed.Lines("command", "fault")
	require.Equal(t, "command create account a core_test.openAccount", lines[0])
	require.Contains(t, lines, "command>commit of 1 [account.opened] to [account a]")
	require.Contains(t, lines, "command>snapshot offer aggregate account: true <nil>")
	require.Contains(t, lines, `command>load>snapshot load aggregate account: true <nil>`)
	require.Contains(t, lines, `command>load ended: 0 from "snapshot", <nil>`)
	require.Contains(t, lines, "command>commit ended: commit to account a: version conflict: expected 1, aggregate is at 2")
	require.Contains(t, lines, "fault of aggregate account, retry: version conflict: expected 1, aggregate is at 2")
	require.Contains(t, lines, `command>load ended: 1 from "snapshot", <nil>`)
	require.Equal(t, "command ended: <nil>", lines[len(lines)-1])
	require.Contains(t, observed.Lines("commit"), "commit of 1 [account.deposited] to [account a]")
}

func TestTransactionsAndPanicsAreObserved(t *testing.T) {
	var observed fakes.Observed
	store := memory.New[string, core.NoMetadata]().Watch(nil, observed.Observer())
	repo := core.NewRepository(store, accounts)
	_, err := core.Transact(t.Context(), store, func(ctx context.Context, tx *core.Tx) error {
		return errors.Join(repo.In(tx).Upsert(ctx, "a", deposit{1}), repo.In(tx).Upsert(ctx, "b", deposit{2}))
	})
	require.NoError(t, err)
	require.Contains(t, observed.Lines("command>commit"), "command>commit of 2 [account.deposited] to [account a account b]")
	require.Panics(t, func() {
		_, _ = repo.Upsert(t.Context(), "a", decide(func(account) ([]core.Event, error) { panic("no") }))
	})
	lines := observed.Lines("command ended")
	require.Equal(t, []string{"command ended: <nil>", "command ended: ended by a panic or runtime.Goexit"}, lines)
}

func TestStoreSaysWhatIsLoggedTo(t *testing.T) {
	fallback := fakes.Log(t)
	var given bytes.Buffer
	store := memory.New[string, core.NoMetadata]().Watch(slog.New(slog.NewTextHandler(&given, nil)), nil)
	snapshots := fakes.NewSnapshots()
	snapshots.LoadErr = &core.SnapshotReadError{Err: errors.New("torn page")}
	repo := core.NewRepository(store, accounts).WithSnapshots(snapshots)
	_, err := repo.Upsert(t.Context(), "a", deposit{1})
	require.NoError(t, err)
	_, _, err = repo.Load(t.Context(), "a")
	require.NoError(t, err)
	snapshots.LoadErr = errors.New("gone")
	_, _, err = repo.Load(t.Context(), "a")
	require.NoError(t, err)
	require.Contains(t, given.String(), "torn page")
	require.Contains(t, given.String(), "load of snapshots of account failed")
	require.Empty(t, fallback.String(), "what is logged without the store's logger")
}
