package core_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
)

func TestUpdateAtNeedsTheExactVersion(t *testing.T) {
	for _, cached := range []bool{false, true} {
		store := newSpy()
		repo := store.repo().WithRetries(100)
		if cached {
			repo = repo.WithCache(core.Cache[account]{Size: 1, Copy: func(a account) (account, error) { return a, nil }})
		}
		_, err := repo.UpdateAt(t.Context(), "a", core.At(uint64(1)), deposit{1})
		require.ErrorIs(t, err, core.ErrNotFound)
		v1, err := repo.Create(t.Context(), "a", openAccount{"ada"})
		require.NoError(t, err)
		v2, err := repo.UpdateAt(t.Context(), "a", v1, deposit{1})
		require.NoError(t, err)
		for _, other := range []core.Version[uint64]{{}, v1, core.At(uint64(9))} {
			_, err := repo.UpdateAt(t.Context(), "a", other, deposit{1})
			conflict, ok := errors.AsType[*core.ConflictError[uint64]](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, core.ConflictError[uint64]{Expected: other, Actual: v2}, *conflict)
		}
		decided := 0
		_, err = repo.UpdateAt(t.Context(), "a", v2, coretest.Interrupt(deposit{1}, func() {
			decided++
			coretest.Seed(t, store, accountKey("a"), fundsDeposited{1})
		}))
		require.ErrorIs(t, err, core.ErrConflict)
		require.Equal(t, 1, decided, "it is not tried again")
	}
}

func TestUpdateAtAnswersACommandThatWasRecorded(t *testing.T) {
	store := newSpy()
	v1, err := store.repo().Create(t.Context(), "a", openAccount{"ada"})
	require.NoError(t, err)
	ctx := core.WithCommandID(t.Context(), "1")
	v2, err := store.repo().UpdateAt(ctx, "a", v1, deposit{1})
	require.NoError(t, err)
	again, err := store.repo().UpdateAt(ctx, "a", v1, deposit{1})
	require.NoError(t, err)
	require.Equal(t, v2, again)
	require.Equal(t, 2, store.events(t))
}
