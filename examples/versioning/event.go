package main

import "github.com/jetsource/jetsource/core"

// The events of today. What they were before is in history.go.
type (
	// Named is an event: the customer has a name.
	Named struct {
		Name string `json:"name"`
	}
	// Moved is an event: the customer lives somewhere else.
	Moved struct {
		Street  string `json:"street"`
		City    string `json:"city"`
		Country string `json:"country"`
	}
)

// EventKind names the event.
func (Named) EventKind() string { return "customer.named" }

// EventKind names the event.
func (Moved) EventKind() string { return "customer.moved.v3" }

// Customer is the state. Neither it nor any other reader knows of older events.
type Customer struct {
	Name      string
	Addresses []Moved
}

var customer = core.DefineAggregate("customer",
	core.On(func(c *Customer, e Named) { c.Name = e.Name }),
	core.On((*Customer).moved),
).Ignore("customer.greeted") // of no interest any more

func (c *Customer) moved(e Moved) { c.Addresses = append(c.Addresses, e) }

// Move is the command of today.
type Move struct{ Street, City, Country string }

// Handle moves the customer, unless that is where they live.
func (c Move) Handle(state Customer) ([]core.Event, error) {
	to := Moved(c)
	if n := len(state.Addresses); n > 0 && state.Addresses[n-1] == to {
		return nil, nil
	}
	return []core.Event{to}, nil
}
