package main

import (
	"errors"
	"fmt"

	"github.com/jetsource/jetsource/core"
)

// The events of customers and orders.
type (
	CustomerRegistered struct{ Name string }
	OrderPlaced        struct {
		Customer, Item string
		Cents          int64
	}
	OrderPaid    struct{}
	OrderShipped struct{}
)

// EventKind names the event.
func (CustomerRegistered) EventKind() string { return "customer.registered" }

// EventKind names the event.
func (OrderPlaced) EventKind() string { return "order.placed" }

// EventKind names the event.
func (OrderPaid) EventKind() string { return "order.paid" }

// EventKind names the event.
func (OrderShipped) EventKind() string { return "order.shipped" }

// Customer and Order are what commands decide by.
type (
	Customer struct{ Name string }
	Order    struct{ Status string }
)

var (
	customer = core.DefineAggregate("customer",
		core.On(func(c *Customer, e CustomerRegistered) { c.Name = e.Name }))
	order = core.DefineAggregate("order",
		core.On(func(o *Order, _ OrderPlaced) { o.Status = "placed" }),
		core.On(func(o *Order, _ OrderPaid) { o.Status = "paid" }),
		core.On(func(o *Order, _ OrderShipped) { o.Status = "shipped" }))
)

// The commands, as they come by HTTP.
type (
	Register struct{ Name string }
	Place    struct {
		Customer, Item string
		Cents          int64
	}
	Pay  struct{}
	Ship struct{}
)

// Handle registers a customer, once.
func (c Register) Handle(s Customer) ([]core.Event, error) {
	if c.Name == "" || s.Name != "" {
		return nil, errors.New("a customer has a name, and is registered once")
	}
	return []core.Event{CustomerRegistered(c)}, nil
}

// Handle places an order, once.
func (c Place) Handle(o Order) ([]core.Event, error) {
	if o.Status != "" || c.Customer == "" || c.Item == "" || c.Cents <= 0 {
		return nil, errors.New("an order has a customer, an item and a price, and is placed once")
	}
	return []core.Event{OrderPlaced(c)}, nil
}

// Handle pays an order that was placed.
func (Pay) Handle(o Order) ([]core.Event, error) { return o.next("placed", OrderPaid{}) }

// Handle ships an order that was paid.
func (Ship) Handle(o Order) ([]core.Event, error) { return o.next("paid", OrderShipped{}) }

func (o Order) next(after string, e core.Event) ([]core.Event, error) {
	if o.Status != after {
		return nil, fmt.Errorf("the order is %s, not %s", o.Status, after)
	}
	return []core.Event{e}, nil
}
