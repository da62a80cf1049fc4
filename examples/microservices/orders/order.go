package main

import (
	"errors"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/examples/microservices"
)

type (
	placed    = microservices.OrderPlaced
	paid      = microservices.OrderPaid
	cancelled = microservices.OrderCancelled
)

// Order is the state that decisions are made on.
type Order struct {
	Placed    Place
	Paid      bool
	Cancelled bool
}

// order says how the state follows from the events.
var order = core.DefineAggregate("order",
	core.On(func(o *Order, e placed) { o.Placed = Place(e) }),
	core.On(func(o *Order, _ paid) { o.Paid = true }),
	core.On(func(o *Order, _ cancelled) { o.Cancelled = true }),
)

// The reasons for refusing a command.
var (
	ErrIncomplete = errors.New("an order needs a customer, an item and a price")
	ErrAmount     = errors.New("the amount is not the price")
	ErrPaid       = errors.New("the order is paid")
	ErrCancelled  = errors.New("the order is cancelled")
)

// The commands.
type (
	Place struct {
		Customer, Item string
		Cents          int64
	}
	Pay    struct{ Cents int64 }
	Cancel struct{ Reason string }
)

// Handle places an order.
func (c Place) Handle(Order) ([]core.Event, error) {
	if c.Customer == "" || c.Item == "" || c.Cents <= 0 {
		return nil, ErrIncomplete
	}
	return []core.Event{placed(c)}, nil
}

// Handle takes the price, once.
func (c Pay) Handle(o Order) ([]core.Event, error) {
	switch {
	case o.Cancelled:
		return nil, ErrCancelled
	case o.Paid:
		return nil, ErrPaid
	case c.Cents != o.Placed.Cents:
		return nil, ErrAmount
	}
	return []core.Event{paid(o.Placed)}, nil
}

// Handle cancels what is not paid. To cancel it again is nothing to do.
func (c Cancel) Handle(o Order) ([]core.Event, error) {
	switch {
	case o.Paid:
		return nil, ErrPaid
	case o.Cancelled:
		return nil, nil
	}
	return []core.Event{cancelled(c)}, nil
}
