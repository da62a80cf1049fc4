// Package fold reads events for tables of typed functions: an event of a kind, or
// of one of its older kinds, becomes the type that a handler takes.
package fold

import (
	"errors"
	"fmt"
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

// KindOf returns the kind of E. It panics, naming E, where EventKind cannot be
// called on the zero value: E is a pointer or an interface.
func KindOf[E Event]() string {
	var zero E
	defer func() {
		if reason := recover(); reason != nil {
			name := fmt.Sprintf("%T", &zero)[1:]
			panic(fmt.Sprintf("core: handler of a %s: EventKind of its zero value panics: a handler takes the event's struct type (%v)", name, reason))
		}
	}()
	return zero.EventKind()
}

// CheckKind says what is wrong with a kind that no store accepts.
func CheckKind(kind string) error {
	switch {
	case kind == "":
		return errors.New("it is empty")
	case kind[0] == '_':
		return errors.New("it begins with an underscore, which is reserved")
	}
	return nil
}

// MustKind panics for a kind that no store accepts. What says which kind it is.
func MustKind(what, kind string) {
	if err := CheckKind(kind); err != nil {
		panic(fmt.Sprintf("core: %s %.64q: %v", what, kind, err))
	}
}

// Add adds entries to a table of functions by kind. It panics when the table has
// one of the kinds already; name says whose table it is.
func Add[F any](name string, table, entries map[string]F) {
	for kind, f := range entries {
		MustKind("event kind", kind)
		if _, twice := table[kind]; twice {
			panic(fmt.Sprintf("core: %s: two handlers for event %q", name, kind))
		}
		table[kind] = f
	}
}
