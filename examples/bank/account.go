package main

import (
	"errors"
	"fmt"

	"github.com/jetsource/jetsource/core"
)

// The events of an account: plain structs that name their kind.
type (
	AccountOpened  struct{ Owner string }
	FundsDeposited struct{ Amount int64 }
	FundsWithdrawn struct{ Amount int64 }
	AccountClosed  struct{}
)

// EventKind names the event.
func (AccountOpened) EventKind() string { return "account.opened" }

// EventKind names the event.
func (FundsDeposited) EventKind() string { return "account.deposited" }

// EventKind names the event.
func (FundsWithdrawn) EventKind() string { return "account.withdrawn" }

// EventKind names the event.
func (AccountClosed) EventKind() string { return "account.closed" }

// Account is the state that decisions are made on.
type Account struct {
	Owner   string
	Balance int64
	Closed  bool
}

// account says how the state follows from the events.
var account = core.DefineAggregate("account",
	core.On(func(a *Account, e AccountOpened) { a.Owner = e.Owner }),
	core.On(func(a *Account, e FundsDeposited) { a.Balance += e.Amount }),
	core.On(func(a *Account, e FundsWithdrawn) { a.Balance -= e.Amount }),
	core.On(func(a *Account, _ AccountClosed) { a.Closed = true }),
)

// The reasons for refusing a command.
var (
	ErrAmount   = errors.New("amount must be positive")
	ErrFunds    = errors.New("insufficient funds")
	ErrClosed   = errors.New("account is closed")
	ErrNotEmpty = errors.New("account is not empty")
)

// The commands: values that look at the state, and answer with events or with
// the reason for refusing.
type (
	Open     struct{ Owner string }
	Deposit  struct{ Amount int64 }
	Withdraw struct{ Amount int64 }
	Close    struct{}
)

// Handle opens the account.
func (c Open) Handle(Account) ([]core.Event, error) {
	return []core.Event{AccountOpened(c)}, nil
}

// Handle takes any positive amount.
func (c Deposit) Handle(a Account) ([]core.Event, error) {
	switch {
	case a.Closed:
		return nil, ErrClosed
	case c.Amount <= 0:
		return nil, ErrAmount
	}
	return []core.Event{FundsDeposited(c)}, nil
}

// Handle gives no more than there is.
func (c Withdraw) Handle(a Account) ([]core.Event, error) {
	switch {
	case a.Closed:
		return nil, ErrClosed
	case c.Amount <= 0:
		return nil, ErrAmount
	case c.Amount > a.Balance:
		return nil, fmt.Errorf("%w: withdraw %d of %d", ErrFunds, c.Amount, a.Balance)
	}
	return []core.Event{FundsWithdrawn(c)}, nil
}

// Handle closes an empty account. To close it again is nothing to do.
func (Close) Handle(a Account) ([]core.Event, error) {
	switch {
	case a.Closed:
		return nil, nil
	case a.Balance > 0:
		return nil, ErrNotEmpty
	}
	return []core.Event{AccountClosed{}}, nil
}
