package main

import (
	"fmt"

	"github.com/jetsource/jetsource/core"
)

// Opened, Deposited and Withdrawn are the events of an account: plain structs
// that name their kind.
type (
	Opened    struct{ Owner string }
	Deposited struct{ Amount int }
	Withdrawn struct{ Amount int }
)

// EventKind is written by hand: it is stored, and stays when the type is
// renamed.
func (Opened) EventKind() string { return "account.opened" }

// EventKind names the event.
func (Deposited) EventKind() string { return "account.deposited" }

// EventKind names the event.
func (Withdrawn) EventKind() string { return "account.withdrawn" }

// Account is the state that the events of an account are folded into.
type Account struct {
	Owner   string
	Balance int
}

// account is the table that says how. An event is a fact: a function of the table
// cannot refuse it.
var account = core.DefineAggregate("account",
	core.On(func(a *Account, e Opened) { a.Owner = e.Owner }),
	core.On(func(a *Account, e Deposited) { a.Balance += e.Amount }),
	core.On(func(a *Account, e Withdrawn) { a.Balance -= e.Amount }),
)

// Open, Deposit and Withdraw are commands: values that look at the state and
// answer with events, or refuse.
type (
	Open     struct{ Owner string }
	Deposit  struct{ Amounts []int }
	Withdraw struct{ Amount int }
)

// Handle opens the account.
func (c Open) Handle(Account) ([]core.Event, error) { return []core.Event{Opened(c)}, nil }

// Handle deposits each of the amounts; the events are recorded all or none.
func (c Deposit) Handle(Account) (events []core.Event, _ error) {
	for _, amount := range c.Amounts {
		events = append(events, Deposited{amount})
	}
	return events, nil
}

// Handle withdraws, or returns an [OverdrawnError].
func (c Withdraw) Handle(a Account) ([]core.Event, error) {
	if c.Amount > a.Balance {
		return nil, &OverdrawnError{Balance: a.Balance, Amount: c.Amount}
	}
	return []core.Event{Withdrawn(c)}, nil
}

// OverdrawnError reports a withdrawal of more than the balance.
type OverdrawnError struct{ Balance, Amount int }

func (e *OverdrawnError) Error() string {
	return fmt.Sprintf("cannot withdraw %d, the balance is %d", e.Amount, e.Balance)
}
