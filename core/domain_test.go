package core_test

import (
	"errors"
	"fmt"

	"github.com/jetsource/jetsource/core"
)

// The domain of these tests is an account that is opened and paid into.
type (
	accountOpened  struct{ Owner string }
	fundsDeposited struct{ Amount int64 }
	accountClosed  struct{} // has no handler

	account struct {
		Owner   string
		Balance int64
	}

	openAccount struct{ Owner string }
	deposit     struct{ Amount int64 }
)

func (accountOpened) EventKind() string  { return "account.opened" }
func (fundsDeposited) EventKind() string { return "account.deposited" }
func (accountClosed) EventKind() string  { return "account.closed" }

var errAmount = errors.New("amount must be positive")

func (c openAccount) Handle(account) ([]core.Event, error) {
	return []core.Event{accountOpened(c)}, nil
}

func (c deposit) Handle(account) ([]core.Event, error) {
	if c.Amount <= 0 {
		return nil, fmt.Errorf("deposit %d: %w", c.Amount, errAmount)
	}
	return []core.Event{fundsDeposited(c)}, nil
}

var accounts = core.DefineAggregate("account",
	core.On(func(a *account, e accountOpened) { a.Owner = e.Owner }),
	core.On((*account).deposited),
)

func (a *account) deposited(e fundsDeposited) { a.Balance += e.Amount }

type (
	decide      = core.CommandFunc[account]
	accountRepo = core.Repository[account, string, uint64, core.NoMetadata]
)

// emits is a command that emits what it is told to.
func emits(events ...core.Event) decide {
	return func(account) ([]core.Event, error) { return events, nil }
}

// refuses is a command that refuses.
func refuses(err error) decide {
	return func(account) ([]core.Event, error) { return nil, err }
}
