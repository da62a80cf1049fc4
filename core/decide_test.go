package core_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
)

func TestDecideRecordsNothing(t *testing.T) {
	store := newSpy()
	coretest.Seed(t, store, accountKey("a"), fundsDeposited{10})
	ctx := core.WithCommandID(t.Context(), "1")
	commits, err := store.repo().Decide(ctx, "a", deposit{1})
	require.NoError(t, err)
	require.Len(t, commits, 1)
	require.Equal(t, core.At(uint64(1)), commits[0].Expected)
	require.Equal(t, 1, store.events(t))
	_, err = store.Commit(ctx, commits...)
	require.NoError(t, err)

	commits, err = store.repo().Decide(ctx, "a", deposit{1})
	require.NoError(t, err)
	require.Empty(t, commits, "it was recorded")
	commits, err = store.repo().Decide(t.Context(), "a", emits())
	require.NoError(t, err)
	require.Empty(t, commits)
	_, err = store.repo().Decide(t.Context(), "a", deposit{-1})
	require.ErrorIs(t, err, errAmount)
	require.ErrorContains(t, err, "decide account a")
}

func TestDecideTakesUniqueValues(t *testing.T) {
	store, repo := newMembers()
	commits, err := repo.Decide(t.Context(), "ada", called("ada"))
	require.NoError(t, err)
	require.Len(t, commits, 2)
	_, err = store.Commit(t.Context(), commits...)
	require.NoError(t, err)
	requireOwner(t, store, "ada", "ada")
	_, err = repo.Decide(t.Context(), "bob", called("ada"))
	require.ErrorIs(t, err, core.ErrTaken)
}
