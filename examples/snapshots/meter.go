package main

import "github.com/jetsource/jetsource/core"

// Read is one reading of an electricity meter.
type Read struct{ Watts int }

// EventKind names the event.
func (Read) EventKind() string { return "meter.read" }

// Meter is the state: small, whatever the number of readings. A codec can see
// all of it, as it must if there are to be snapshots.
type Meter struct {
	Readings int
	Sum      int
	Highest  int
}

var meter = core.DefineAggregate("meter", core.On((*Meter).read))

func (m *Meter) read(e Read) {
	m.Readings++
	m.Sum += e.Watts
	m.Highest = max(m.Highest, e.Watts)
}

// Report records several readings.
type Report struct{ Watts []int }

// Handle takes readings as they are.
func (c Report) Handle(Meter) ([]core.Event, error) {
	events := make([]core.Event, len(c.Watts))
	for i, w := range c.Watts {
		events[i] = Read{w}
	}
	return events, nil
}
