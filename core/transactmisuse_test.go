package core_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

func TestMisuseOfATransactionWritesNothing(t *testing.T) {
	other := core.DefineAggregate("account", core.On(func(n *int, _ fundsDeposited) { *n++ }))
	for name, c := range map[string]struct {
		want string
		fn   func(ctx context.Context, tx *core.Tx, store *spy) error
	}{
		"another store": {"repository of another store", func(ctx context.Context, tx *core.Tx, _ *spy) error {
			return newSpy().repo().In(tx).Upsert(ctx, "b", deposit{1})
		}},
		"two types of state": {"states of two types use account a", func(ctx context.Context, tx *core.Tx, store *spy) error {
			_, _, err := core.NewRepository(store, other).In(tx).Load(ctx, "a")
			return err
		}},
		"two goroutines": {"two goroutines", func(ctx context.Context, tx *core.Tx, store *spy) error {
			return store.repo().In(tx).Upsert(ctx, "b", decide(func(account) ([]core.Event, error) {
				return nil, store.repo().In(tx).Upsert(ctx, "c", deposit{1})
			}))
		}},
		"a transaction inside": {core.ErrInTransaction.Error(), func(ctx context.Context, _ *core.Tx, store *spy) error {
			_, err := core.Transact(ctx, store, func(context.Context, *core.Tx) error { return nil })
			return err
		}},
		"a command beside": {core.ErrInTransaction.Error(), func(ctx context.Context, _ *core.Tx, store *spy) error {
			_, err := store.repo().Upsert(ctx, "b", deposit{1})
			return err
		}},
		"a command beside that creates": {core.ErrInTransaction.Error(), func(ctx context.Context, _ *core.Tx, store *spy) error {
			_, err := store.repo().Create(ctx, "b", deposit{1})
			return err
		}},
		"a nil command": {core.ErrNilCommand.Error(), func(ctx context.Context, tx *core.Tx, store *spy) error {
			return store.repo().In(tx).Upsert(ctx, "b", nil)
		}},
		"an event without a handler": {core.ErrUnknownEvent.Error(), func(ctx context.Context, tx *core.Tx, store *spy) error {
			return store.repo().In(tx).Upsert(ctx, "b", emits(accountClosed{}))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			store := newSpy()
			_, err := core.Transact(t.Context(), store, func(ctx context.Context, tx *core.Tx) error {
				return errors.Join(store.repo().In(tx).Upsert(ctx, "a", deposit{1}), c.fn(ctx, tx, store))
			})
			require.ErrorContains(t, err, c.want)
			require.Zero(t, store.events(t))
		})
	}
}

// A misuse counts even where the function does not return its error.
func TestMisuseThatIsHiddenWritesNothing(t *testing.T) {
	store := newSpy()
	_, err := core.Transact(t.Context(), store, func(ctx context.Context, tx *core.Tx) error {
		_ = newSpy().repo().In(tx).Upsert(ctx, "b", deposit{1})
		return store.repo().In(tx).Upsert(ctx, "a", deposit{1})
	})
	require.ErrorContains(t, err, "another store")
	require.Zero(t, store.events(t))
}

func TestTransactionIsOfNoUseAfterItsFunction(t *testing.T) {
	store := newSpy()
	var kept *core.Tx
	var inner context.Context
	_, err := core.Transact(t.Context(), store, func(ctx context.Context, tx *core.Tx) error {
		kept, inner = tx, ctx
		return store.repo().In(tx).Upsert(ctx, "a", deposit{1})
	})
	require.NoError(t, err)
	require.ErrorContains(t, store.repo().In(kept).Upsert(t.Context(), "a", deposit{1}), "after its function has returned")
	_, err = store.repo().Upsert(inner, "a", deposit{1})
	require.NoError(t, err, "the context is one like any other by now")
	require.Equal(t, 2, store.events(t))
}

// A panic leaves no turn taken and nothing written.
func TestPanicInATransaction(t *testing.T) {
	store := newSpy()
	repo := store.repo().WithRetries(3)
	runs := 0
	require.PanicsWithValue(t, "bang", func() {
		_, _ = core.Transact(t.Context(), store, func(ctx context.Context, tx *core.Tx) error {
			if err := repo.In(tx).Upsert(ctx, "a", deposit{1}); err != nil {
				return err
			}
			if runs++; runs > 1 {
				panic("bang")
			}
			_, err := core.CommitEvents(t.Context(), store.Store, accountKey("a"), []core.Event{fundsDeposited{1}}, core.NoMetadata{})
			return err
		})
	})
	require.Equal(t, 2, runs)
	_, err := repo.Upsert(t.Context(), "a", deposit{1})
	require.NoError(t, err)
	require.Equal(t, 2, store.events(t))
}

// few is a store that takes few events at once.
type few struct {
	*memory.Store[string, core.NoMetadata]
}

func (few) MaxEvents() int { return 3 }

func TestTransactionThatIsTooLargeIsNotSent(t *testing.T) {
	store := few{memory.New[string, core.NoMetadata]()}
	repo := core.NewRepository(store, accounts)
	_, err := core.Transact(t.Context(), store, func(ctx context.Context, tx *core.Tx) error {
		_, _, err := repo.In(tx).Load(ctx, "guarded")
		require.ErrorIs(t, err, core.ErrNotFound)
		return repo.In(tx).Create(ctx, "a", emits(fundsDeposited{1}, fundsDeposited{2}, fundsDeposited{3}))
	})
	require.ErrorIs(t, err, core.ErrTooLarge)
	_, _, err = repo.Load(t.Context(), "a")
	require.ErrorIs(t, err, core.ErrNotFound)
}
