package storetest

import "github.com/jetsource/jetsource/core"

// Kinds of aggregates and events that rules use where any would do.
const (
	aggregateKind = "storetest"
	notedKind     = "storetest.noted"
	countedKind   = "storetest.counted"
)

// noted and counted are events of two kinds. Number tells a rule which of its
// events it is looking at.
type (
	noted struct {
		Number int64
		Text   string
	}
	counted struct{ Number int64 }
)

func (noted) EventKind() string   { return notedKind }
func (counted) EventKind() string { return countedKind }

// kinded is an event of whatever kind a rule wants. Applications must not do
// this; a store asks for the kind of a value only.
type kinded struct {
	Kind   string `json:"-" msgpack:"-"` // which may be no text that a codec takes
	Number int64
}

func (e kinded) EventKind() string { return e.Kind }

// unencodable is an event that no codec can encode.
type unencodable struct{ Channel chan int }

func (unencodable) EventKind() string { return "storetest.unencodable" }

// notes returns one event of the kind noted for each number.
func notes(numbers ...int64) []core.Event {
	events := make([]core.Event, len(numbers))
	for i, n := range numbers {
		events[i] = noted{Number: n}
	}
	return events
}

// number returns what tells a decoded event from the others of its rule.
func number(event core.Event) int64 {
	switch e := event.(type) {
	case noted:
		return e.Number
	case counted:
		return e.Number
	case kinded:
		return e.Number
	}
	return -1
}
