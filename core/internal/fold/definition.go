package fold

import (
	"errors"
	"fmt"
	"reflect"
)

// Definition is what a program defines. A mistake in it is a panic that begins with
// the package.
type Definition struct {
	pkg      string
	function string // what the program gives for each kind of event
	form     string // how that is written, with %v for the event's type
}

var (
	// Aggregate is a table of functions that fold events into an aggregate.
	Aggregate = Definition{"core", "handler", "func(state *State, e %v)"}
	// Decoding is a call that decodes a stored event.
	Decoding = Definition{"core", "decoding", "Decode[%v]"}
	// Projection is a table of functions that fold events into a read model.
	Projection = Definition{"projection", "handler", "func(state *State, e core.Recorded[%v, ID, Pos, M])"}
	// Reactor is a table of functions that react to events.
	Reactor = Definition{"reactor", "handler", "func(ctx context.Context, e core.Recorded[%v, ID, Pos, M]) ..."}
	// ReadModel is a table of functions that write events into a database.
	ReadModel = Definition{"readmodel", "handler", "func(ctx context.Context, tx Tx, e core.Recorded[%v, ID, Pos, M]) error"}
)

// Fail panics with a mistake.
func (d Definition) Fail(format string, args ...any) {
	panic(d.pkg + ": " + fmt.Sprintf(format, args...))
}

// MustKind panics for a kind that no store accepts. What says which kind it is.
func (d Definition) MustKind(what, kind string) {
	if err := CheckKind(kind); err != nil {
		d.Fail("%s %.64q: %v", what, kind, err)
	}
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

// KindOf returns the kind of E. It panics, and says what to write instead, where
// EventKind cannot be called on the zero value: E is a pointer or an interface.
func KindOf[E Event](d Definition) string {
	defer func() {
		if reason := recover(); reason != nil {
			d.failKind(reflect.TypeFor[E](), reason)
		}
	}()
	var zero E
	return zero.EventKind()
}

var eventType = reflect.TypeFor[Event]()

// failKind panics for a type of event whose zero value has no kind.
func (d Definition) failKind(t reflect.Type, reason any) {
	switch {
	case t.Kind() == reflect.Interface:
		d.Fail("%s takes the interface %v: write one for each type of event, as "+d.form, d.function, t, "Opened")
	case isPointer(t):
		d.Fail("%s takes a %v, and events are values: write "+d.form, d.function, t, t.Elem())
	}
	d.Fail("%s takes a %v, whose EventKind must not depend on the value: that of the zero value panics (%v)", d.function, t, reason)
}

// isPointer reports whether t is a pointer to a type that is an event itself.
func isPointer(t reflect.Type) bool {
	return t.Kind() == reflect.Pointer && t.Elem().Implements(eventType)
}

// Nil says that an event is nil, or a nil pointer, and what to write instead. It
// returns "" for any other event.
func Nil(e Event) string {
	if e == nil {
		return "nil"
	}
	v := reflect.ValueOf(e)
	switch t := v.Type(); {
	case v.Kind() != reflect.Pointer || !v.IsNil():
		return ""
	case isPointer(t):
		return fmt.Sprintf("a nil %v, and events are values: write %v{...}", t, t.Elem())
	default:
		return fmt.Sprintf("a nil %v: write &%v{...}", t, t.Elem())
	}
}

// MustMerge returns a reader of the kinds of several, and panics for a kind that they
// read in different ways; name says whose table it is.
func (d Definition) MustMerge(name string, readers ...*Reader) *Reader {
	all, ambiguous := Merge(readers...)
	if ambiguous != "" {
		d.Fail("%s: two handlers for event %q", name, ambiguous)
	}
	return all
}
