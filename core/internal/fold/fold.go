// Package fold reads events for tables of typed functions: an event of a kind, or
// of one of its older kinds, becomes the type that a handler takes.
package fold

import "fmt"

// Event is core.Event, which this package cannot import.
type Event interface {
	EventKind() string
}

// Source is an event to be read: a value, or else a function that decodes it into
// a pointer.
type Source struct {
	Value  Event
	Decode func(event any) error
}

// Reader makes an E of an event of one kind.
type Reader[E Event] func(Source) (E, error)

// As is the [Reader] of E's own kind.
func As[E Event](from Source) (E, error) {
	var e E
	switch v := any(from.Value).(type) {
	case nil:
		err := from.Decode(&e)
		return e, err
	case E:
		return v, nil
	case *E:
		return *v, nil
	}
	return e, fmt.Errorf("event %s is a %T, not a %T", e.EventKind(), from.Value, e)
}

// Is reports whether e is an E, or a pointer to one.
func Is[E Event](e Event) bool {
	switch any(e).(type) {
	case E, *E:
		return true
	}
	return false
}
