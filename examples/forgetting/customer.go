package main

import (
	"strings"

	"github.com/jetsource/jetsource/core"
)

// Registered is the event that a customer registered.
type Registered struct {
	Customer string `sealed:"subject"`
	Email    string `sealed:"personal"`
	Name     string `sealed:"personal,erased=(forgotten)"`
	Country  string
}

// Recommended is the event that a customer recommended the shop to a friend, who may be a
// customer as well: it is about two people.
type Recommended struct{ To Friend }

// Friend is who the shop was recommended to.
type Friend struct {
	ID   string `sealed:"subject"`
	Name string `sealed:"personal,erased=(forgotten)"`
}

// EventKind returns "customer.registered".
func (Registered) EventKind() string { return "customer.registered" }

// EventKind returns "customer.recommended".
func (Recommended) EventKind() string { return "customer.recommended" }

// Customer is the state of a customer.
type Customer struct {
	ID      string `sealed:"subject"`
	Email   string `sealed:"personal"`
	Name    string `sealed:"personal,erased=(forgotten)"`
	Country string
	Friends []Friend
}

var customer = core.DefineAggregate("customer",
	core.On(func(c *Customer, e Registered) {
		c.ID, c.Email, c.Name, c.Country = e.Customer, e.Email, e.Name, e.Country
	}),
	core.On(func(c *Customer, e Recommended) { c.Friends = append(c.Friends, e.To) }),
).WithUnique("customer.email", func(c Customer) string { return strings.ToLower(c.Email) })

// Register registers a customer.
type Register Registered

// Handle answers with one event.
func (c Register) Handle(Customer) ([]core.Event, error) { return []core.Event{Registered(c)}, nil }

// Recommend recommends the shop.
type Recommend Recommended

// Handle answers with one event.
func (c Recommend) Handle(Customer) ([]core.Event, error) { return []core.Event{Recommended(c)}, nil }
