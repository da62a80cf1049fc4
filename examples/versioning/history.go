package main

import (
	"strings"

	"github.com/jetsource/jetsource/core"
)

// What was recorded by programs of former years, and is still in the stream. Each
// payload keeps its type; none is written any more.
type (
	// registered had the name and the first address: it is two events today.
	registered struct {
		Name    string `json:"name"`
		Address string `json:"address"`
	}
	// movedV1 was one line of text: "12 High Street, London".
	movedV1 struct {
		Address string `json:"address"`
	}
	// movedV2 told the street from the city.
	movedV2 struct {
		Street string `json:"street"`
		City   string `json:"city"`
	}
)

// EventKind names the event of the first generation: a part of registered.
func (movedV1) EventKind() string { return "customer.moved" }

// EventHistory tells what a name was before.
func (Named) EventHistory() core.History {
	return core.History{core.Split("customer.registered", splitRegistered)}
}

// EventHistory tells what an address was before, the newest first.
func (Moved) EventHistory() core.History {
	return core.History{
		core.Was("customer.moved.v2", v2to3),
		core.Renamed("customer.relocated", "customer.moved.v2"), // as it was called for a month
		core.Was("customer.moved", v1to2),
		core.Split("customer.registered", splitRegistered),
	}
}

// Each step goes one generation on, and is never touched again.

func splitRegistered(old registered) []core.Event {
	return []core.Event{Named{Name: old.Name}, movedV1{Address: old.Address}}
}

func v1to2(old movedV1) movedV2 {
	street, city, _ := strings.Cut(old.Address, ", ")
	return movedV2{Street: street, City: city}
}

// v2to3 knows that there were no customers abroad then.
func v2to3(old movedV2) Moved {
	return Moved{Street: old.Street, City: old.City, Country: "GB"}
}
