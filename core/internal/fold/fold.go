// Package fold reads events for tables of typed functions: an event of a kind, or
// of one of its older kinds, becomes the type that a handler takes.
package fold

import (
	"fmt"
	"reflect"
)

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

// readAs returns a pointer to a new T with the event of a source.
func readAs[T any](from Source) (any, error) {
	into := new(T)
	switch v := any(from.Value).(type) {
	case nil:
		return into, from.Decode(into)
	case *T:
		*into = *v
		return into, nil
	case T:
		*into = v
		return into, nil
	}
	return nil, fmt.Errorf("event %s is a %T, not a %T", from.Value.EventKind(), from.Value, *into)
}

// Is reports whether e is an E, or a pointer to one.
func Is[E Event](e Event) bool {
	switch any(e).(type) {
	case E, *E:
		return true
	}
	return false
}

// Value returns the event that a pointer of [Reader.Read] points to.
func Value(event any) Event { return reflect.ValueOf(event).Elem().Interface().(Event) }

// part returns a pointer to the event of a [Split], and the event's type.
func part(e any) (any, reflect.Type) {
	v := reflect.ValueOf(e)
	if isPointer(v.Type()) {
		return e, v.Type().Elem()
	}
	p := reflect.New(v.Type())
	p.Elem().Set(v)
	return p.Interface(), v.Type()
}
