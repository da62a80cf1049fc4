package main

import "github.com/jetsource/jetsource/core"

// PaymentReceived says that money came in. It is all that the two programs have in common.
type PaymentReceived struct {
	Cents int `json:"cents"`
}

// EventKind is also the type of the CloudEvent.
func (PaymentReceived) EventKind() string { return "account.payment_received" }

// Account is what payments add up to.
type Account struct{ Cents int }

var account = core.DefineAggregate("account",
	core.On(func(a *Account, e PaymentReceived) { a.Cents += e.Cents }),
)

// Receive is the command that takes a payment.
type Receive struct{ Payment PaymentReceived }

// Handle takes it.
func (c Receive) Handle(Account) ([]core.Event, error) { return []core.Event{c.Payment}, nil }
