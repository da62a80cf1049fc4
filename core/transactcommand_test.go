package core_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
)

func TestTransactionOfOneIDIsRecordedOnce(t *testing.T) {
	store := newSpy()
	coretest.Seed(t, store, accountKey("a"), fundsDeposited{10})
	ctx := core.WithCommandID(t.Context(), "move-1")
	first, err := core.Transact(ctx, store, move(store.repo(), "a", "b", 9))
	require.NoError(t, err)
	events := store.events(t)
	for range 2 { // it would be refused by now
		again, err := core.Transact(ctx, store, move(store.repo(), "a", "b", 9))
		require.NoError(t, err)
		require.Equal(t, first, again)
	}
	_, err = core.Transact(core.WithCommandID(ctx, "move-2"), store, move(store.repo(), "a", "b", 9))
	require.ErrorIs(t, err, errFunds)
	require.Equal(t, events, store.events(t))
}

func TestParallelTransactionsOfOneIDAreOne(t *testing.T) {
	store := newSpy().Store // which is safe for concurrent use
	repo := core.NewRepository(store, accounts)
	ctx := core.WithCommandID(t.Context(), "register")
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			_, err := core.Transact(ctx, store, func(ctx context.Context, tx *core.Tx) error {
				return errors.Join(repo.In(tx).Upsert(ctx, "a", deposit{1}), repo.In(tx).Upsert(ctx, "b", deposit{1}))
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, id := range []string{"a", "b"} {
		a, _, err := repo.Load(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, int64(1), a.Balance)
	}
}

func TestIDOfATransactionBelongsToIt(t *testing.T) {
	store := newSpy()
	ctx := core.WithCommandID(t.Context(), "1")
	pay := func(id string, cmd core.Command[account]) func(context.Context, *core.Tx) error {
		return func(ctx context.Context, tx *core.Tx) error { return store.repo().In(tx).Upsert(ctx, id, cmd) }
	}
	_, err := core.Transact(ctx, store, pay("a", deposit{1}))
	require.NoError(t, err)
	events := store.events(t)
	for name, fn := range map[string]func(context.Context, *core.Tx) error{
		"another value":     pay("a", deposit{2}),
		"another aggregate": pay("b", deposit{1}),
	} {
		_, err := core.Transact(ctx, store, fn)
		require.ErrorIs(t, err, core.ErrCommandID, name)
	}
	_, err = store.repo().Update(ctx, "a", deposit{1})
	require.ErrorIs(t, err, core.ErrCommandID, "a command outside")
	require.Equal(t, events, store.events(t))
}

// The id was used by a command outside of a transaction, on one of its aggregates.
func TestTransactionWithTheIDOfACommand(t *testing.T) {
	store := newSpy()
	ctx := core.WithCommandID(t.Context(), "1")
	_, err := store.repo().Upsert(ctx, "a", deposit{1})
	require.NoError(t, err)
	_, err = core.Transact(ctx, store, func(ctx context.Context, tx *core.Tx) error {
		return errors.Join(store.repo().In(tx).Upsert(ctx, "b", deposit{1}), store.repo().In(tx).Upsert(ctx, "a", deposit{1}))
	})
	require.ErrorIs(t, err, core.ErrCommandID)
	require.Equal(t, 1, store.events(t))
}
