package main

import (
	"sync/atomic"

	"github.com/jetsource/jetsource/core"
)

// Incremented says what the counter came to.
type Incremented struct{ To int }

// EventKind names the event.
func (Incremented) EventKind() string { return "counter.incremented" }

// Counter is the state. A lost update would show in it.
type Counter struct{ Value int }

var counter = core.DefineAggregate("counter",
	core.On(func(c *Counter, e Incremented) { c.Value = e.To }),
)

// Increment adds one to what it sees.
type Increment struct {
	// Attempts counts how often the command was asked to decide.
	Attempts *atomic.Int64
	// Meanwhile, if set, is called between the load and the commit.
	Meanwhile func() error
}

// Handle decides on the value that was loaded.
func (c Increment) Handle(s Counter) ([]core.Event, error) {
	if c.Attempts != nil {
		c.Attempts.Add(1)
	}
	if c.Meanwhile != nil {
		if err := c.Meanwhile(); err != nil {
			return nil, err
		}
	}
	return []core.Event{Incremented{To: s.Value + 1}}, nil
}
