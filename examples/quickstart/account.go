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

// Meta is recorded beside each event.
type Meta struct {
	Teller string `json:"teller"`
}

// Account is what its events come to.
type Account struct {
	Owner   string
	Balance int
}

// apply folds one event. Events are facts: there is nothing to refuse.
func (a *Account) apply(event core.Event) {
	switch e := event.(type) {
	case Opened:
		a.Owner = e.Owner
	case Deposited:
		a.Balance += e.Amount
	case Withdrawn:
		a.Balance -= e.Amount
	}
}

// withdraw decides. It is here that something can be refused.
func (a Account) withdraw(amount int) (Withdrawn, error) {
	if amount > a.Balance {
		return Withdrawn{}, &OverdrawnError{Balance: a.Balance, Amount: amount}
	}
	return Withdrawn{Amount: amount}, nil
}

// OverdrawnError reports a withdrawal of more than there is.
type OverdrawnError struct{ Balance, Amount int }

func (e *OverdrawnError) Error() string {
	return fmt.Sprintf("cannot withdraw %d, the balance is %d", e.Amount, e.Balance)
}
