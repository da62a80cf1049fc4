package main

import (
	"strings"

	"github.com/jetsource/jetsource/core"
)

// A customer's address, in three generations. Each is still in the stream, and
// each keeps its type and its kind; only the newest is written.
type (
	// MovedV1 was one line of text: "12 High Street, London".
	MovedV1 struct {
		Address string `json:"address"`
	}
	// MovedV2 told the street from the city.
	MovedV2 struct {
		Street string `json:"street"`
		City   string `json:"city"`
	}
	// Moved has a country.
	Moved struct {
		Street  string `json:"street"`
		City    string `json:"city"`
		Country string `json:"country"`
	}
)

// EventKind names the event of the first generation.
func (MovedV1) EventKind() string { return "customer.moved" }

// EventKind names the event of the second generation.
func (MovedV2) EventKind() string { return "customer.moved.v2" }

// EventKind names the event.
func (Moved) EventKind() string { return "customer.moved.v3" }

// Each upcast goes one generation on, and is never touched again.

func v1to2(old MovedV1) MovedV2 {
	street, city, _ := strings.Cut(old.Address, ", ")
	return MovedV2{Street: street, City: city}
}

// v2to3 knows that there were no customers abroad then.
func v2to3(old MovedV2) Moved {
	return Moved{Street: old.Street, City: old.City, Country: "GB"}
}

// Customer is the state. It and its handler know the newest event only.
type Customer struct {
	Addresses []Moved
}

var customer = core.DefineAggregate("customer",
	core.On((*Customer).moved, core.Upcast(v2to3, core.Upcast(v1to2))),
)

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
