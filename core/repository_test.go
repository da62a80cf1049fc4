package core_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

type (
	accountOpened  struct{ Owner string }
	fundsDeposited struct{ Amount int64 }

	account struct {
		Owner   string
		Balance int64
	}

	openAccount struct{ Owner string }
	deposit     struct{ Amount int64 }
)

func (accountOpened) EventKind() string  { return "account.opened" }
func (fundsDeposited) EventKind() string { return "account.deposited" }

var errAmount = errors.New("amount must be positive")

func (c openAccount) Handle(account) ([]core.Event, error) {
	return []core.Event{accountOpened(c)}, nil
}

func (c deposit) Handle(account) ([]core.Event, error) {
	if c.Amount <= 0 {
		return nil, errAmount
	}
	return []core.Event{fundsDeposited(c)}, nil
}

var accounts = core.DefineAggregate("account",
	core.On(func(a *account, e accountOpened) { a.Owner = e.Owner }),
	core.On((*account).deposited),
)

func (a *account) deposited(e fundsDeposited) { a.Balance += e.Amount }

func TestTheVerbIsThePrecondition(t *testing.T) {
	ctx := t.Context()
	repo := core.NewRepository(memory.New[string, core.NoMetadata](), accounts)

	_, err := repo.Update(ctx, "a", deposit{1})
	require.ErrorIs(t, err, core.ErrNotFound)
	require.EqualError(t, err, "update account a: aggregate not found")
	_, err = repo.Create(ctx, "a", openAccount{"ada"})
	require.NoError(t, err)
	_, err = repo.Create(ctx, "a", openAccount{"ada"})
	require.ErrorIs(t, err, core.ErrExists)
	_, err = repo.Update(ctx, "a", deposit{0})
	require.ErrorIs(t, err, errAmount)
	v, err := repo.Upsert(ctx, "a", deposit{5})
	require.NoError(t, err)
	state, at, err := repo.Load(ctx, "a")
	require.NoError(t, err)
	require.Equal(t, account{"ada", 5}, state)
	require.Equal(t, v, at)

	ctx = core.WithCommandID(ctx, "c1")
	first, err := repo.Update(ctx, "a", deposit{5})
	require.NoError(t, err)
	second, err := repo.Update(ctx, "a", deposit{5})
	require.NoError(t, err)
	require.Equal(t, first, second)
}
