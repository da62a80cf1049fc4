// Package typecheck finds the fields of a type that an encoding would lose.
//
// Encodings that work by reflection leave out what they cannot reach, without an
// error: unexported fields, and fields whose name another field has taken. A
// [Checker] knows the rules of one encoding. [JSON] is the one of encoding/json,
// for package codec and for package memory, which must not import codec; codec
// has another one for MessagePack.
//
// It also finds values that would be read as others or not at all: a value that
// contains itself, a time in an offset with seconds, and, by reading it back, one
// whose type does not tell that it can be read. Times that were read it gives a
// zone that is the same on every host. [Checker.Compare] compares what was read
// with what was written.
//
// Of fields it tells what the types alone tell: it does not look into interfaces, whose
// types are known only at run time, nor into what a type's own methods write, if
// it has methods for both directions. Fields tagged "-" are left out on purpose.
package typecheck

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// Checker examines types by the rules of one encoding, each type once. It may be
// used by several goroutines at once.
type Checker struct {
	rules   Rules
	results sync.Map // of result, by reflect.Type
	layouts sync.Map // of string, by reflect.Type
}

// Rules are how one encoding treats types.
type Rules struct {
	Name string // of the encoding, for errors
	Tag  string // the key of its struct tags

	// Marshalers and Unmarshalers are interfaces of one method each, by which a
	// type writes and reads itself, in the order in which the encoding tries them.
	Marshalers, Unmarshalers []reflect.Type

	// Registered reports whether the encoding was given functions for t, which
	// has no such methods. Nil means that there are none.
	Registered func(t reflect.Type) bool
	// Instants says that a time is written as an instant, without its offset, and
	// is read as a time even into an interface.
	Instants bool

	// Fields returns the fields that the encoding writes of the struct t, with
	// those of embedded structs, or an error for the first that it would lose.
	Fields func(t reflect.Type) ([]Field, *Error)
	// Ordered reports whether the fields of the struct t are written in their order,
	// without names. Nil means that none are.
	Ordered func(t reflect.Type) bool
}

// Field is one field of a struct as the encoding writes it.
type Field struct {
	Path      string // from the struct that is written: "Base.ID"
	Name      string // in the encoded form
	Type      reflect.Type
	ByPointer bool   // an embedded pointer is on the path
	Options   string // of its tag, as [KeptOptions] returns them
}

// result is what is known of a type.
type result struct {
	err       *Error
	byPointer bool // some method is found only if the value is given by pointer

	readable bool   // what was written can be read, whatever the value
	plain    bool   // and is the same value then
	hint     string // why it may not
	out, in  *plan  // what to look at before it is written, and after it was read
}

// New returns a checker of types by rules.
func New(rules Rules) *Checker { return &Checker{rules: rules} }

// Name returns the name of the encoding.
func (c *Checker) Name() string { return c.rules.Name }

// Check returns an error for the first field of t that would be lost, nil if
// there is none.
func (c *Checker) Check(t reflect.Type) *Error {
	if t == nil {
		return nil
	}
	return c.result(t).err
}

// Prepare checks v and returns the value to give to the encoding: v, or a pointer
// to a copy of v if some of its methods are found only by pointer. So the same
// value is always written in the same way, whether the caller passes it by value
// or by pointer. It returns an [Error], a [CycleError] or a [TimeError].
func (c *Checker) Prepare(v any) (any, error) {
	t := reflect.TypeOf(v)
	if t == nil {
		return nil, nil
	}
	r := c.result(t)
	if r.err != nil {
		return nil, r.err
	}
	if err := c.inspect(v, r.out); err != nil {
		return nil, err
	}
	if r.byPointer {
		p := reflect.New(t)
		p.Elem().Set(reflect.ValueOf(v))
		v = p.Interface()
	}
	return v, nil
}

func (c *Checker) result(t reflect.Type) result {
	r, ok := c.results.Load(t)
	if !ok {
		r, _ = c.results.LoadOrStore(t, c.examine(t))
	}
	return r.(result)
}

func (c *Checker) examine(t reflect.Type) result {
	w := walk{rules: &c.rules, seen: make(map[visit]bool)}
	err := w.visit(t, true)
	if err != nil {
		err.Codec, err.Type, err.Field = c.rules.Name, t, PathFrom(t, err.Field)
	}
	r := result{err: err, byPointer: w.byPointer && t.Kind() != reflect.Pointer}
	out := planner{rules: &c.rules, methods: c.rules.Marshalers, made: make(map[visit]*plan)}
	in := planner{rules: &c.rules, methods: c.rules.Unmarshalers, made: make(map[visit]*plan), reads: true}
	r.out, r.in = out.plan(visit{t, true}), in.plan(visit{t, true})
	back := reader{rules: &c.rules, seen: make(map[visit]bool)}
	back.visit(visit{t, true}, "")
	r.readable, r.hint = !back.doubt, strings.Join(back.hints, "; ")
	r.plain = r.readable && !back.changes
	return r
}

// Error reports a field that would be lost, so nothing was written. The mistake is in
// the type, not in the value: every value of the type has it. Package codec calls it
// HiddenFieldError.
type Error struct {
	Codec  string       // the name of the encoding
	Type   reflect.Type // what was checked
	Field  string       // the path to the field: "Order.Lines[].total"; "[key]" stands for a map's keys
	Reason string       // why the field is lost: "it is unexported"
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s would lose %s of %s: %s", e.Codec, e.Field, e.Type, e.Reason)
}

// Lost returns an error for a field of the struct that is being examined.
func Lost(field, reason string) *Error {
	return &Error{Field: "." + field, Reason: reason}
}

// Within puts a prefix before the path of e. A nil e stays nil.
func (e *Error) Within(prefix string) *Error {
	if e != nil {
		e.Field = prefix + e.Field
	}
	return e
}

// PathFrom returns the path to a field, ".Lines[].total", from t or from what t
// points to: "Order.Lines[].total".
func PathFrom(t reflect.Type, field string) string {
	for t.Kind() == reflect.Pointer && t.Name() == "" { // a named one may point to itself
		t = t.Elem()
	}
	return strings.TrimPrefix(t.Name()+field, ".")
}
