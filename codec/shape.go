package codec

import (
	"cmp"
	"reflect"
	"sync"
)

// shapes knows, per type, whether a codec can write and read all of it. A type is examined once.
type shapes struct {
	rules
	known sync.Map // reflect.Type to shape
}

// rules is how one codec looks at types.
type rules struct {
	codec, tag string // the codec's name, and the key of its struct tags

	// The interfaces of one method each by which a type writes and reads itself, in the order the codec asks for them.
	marshalers, unmarshalers []reflect.Type

	// registered reports whether the codec was told how to treat t, a struct without such methods.
	registered func(t reflect.Type) bool

	// fields lists what the codec writes of t, fields of embedded structs included, or reports the first it loses.
	fields func(t reflect.Type) ([]field, *HiddenFieldError)
}

type field struct {
	path    string // from the struct that is written: "Base.ID"
	name    string // in the encoded form
	typ     reflect.Type
	pointer bool // whether an embedded pointer lies on the path
}

type shape struct {
	hidden    *HiddenFieldError
	byPointer bool // whether a method is found only if the value is given by pointer
}

// admit gives v as the codec must be given it. A value is written as a pointer to it would be: whether the methods of
// a field are used must not depend on how the caller came to pass the event.
func (s *shapes) admit(v any) (any, error) {
	t := reflect.TypeOf(v)
	if t == nil {
		return nil, nil
	}
	shape := s.shapeOf(t)
	if shape.hidden != nil {
		return nil, shape.hidden
	}
	if shape.byPointer {
		p := reflect.New(t)
		p.Elem().Set(reflect.ValueOf(v))
		v = p.Interface()
	}
	return v, nil
}

func (s *shapes) shapeOf(t reflect.Type) shape {
	known, ok := s.known.Load(t)
	if !ok {
		known, _ = s.known.LoadOrStore(t, s.examine(t))
	}
	return known.(shape)
}

func (s *shapes) examine(t reflect.Type) shape {
	w := walk{rules: s.rules, seen: make(map[step]bool)}
	hidden := w.visit(t, true).at(s.codec, t)
	return shape{hidden: hidden, byPointer: w.byPointer && t.Kind() != reflect.Pointer}
}

// walk is one examination.
type walk struct {
	rules
	seen      map[step]bool
	byPointer bool
}

// step is a type as it is come upon. Methods on the pointer count only for values that have an address: what lies in
// a map has none.
type step struct {
	typ  reflect.Type
	addr bool
}

func (w *walk) visit(t reflect.Type, addr bool) *HiddenFieldError {
	if w.seen[step{t, addr}] {
		return nil
	}
	w.seen[step{t, addr}] = true

	if t.Kind() == reflect.Pointer {
		return w.visit(t.Elem(), true)
	}
	if t.Kind() == reflect.Interface {
		return nil
	}
	if m, ok := method(t, addr, w.marshalers); ok {
		if _, byValue := method(t, false, w.marshalers); !byValue {
			w.byPointer = true
		}
		// With a marshaler alone the type is still read by its fields. Such a type may be unreadable even if they are
		// all exported; that depends on what its method writes, so it is not for us to say.
		if u, ok := method(t, true, w.unmarshalers); ok {
			return cmp.Or(w.promoted(t, m), w.promoted(t, u))
		}
	}
	switch t.Kind() {
	case reflect.Slice:
		return w.visit(t.Elem(), true).within("[]")
	case reflect.Array:
		return w.visit(t.Elem(), addr).within("[]")
	case reflect.Map:
		if err := w.visit(t.Key(), false); err != nil {
			return err.within("[key]")
		}
		return w.visit(t.Elem(), false).within("[]")
	case reflect.Struct:
		return w.visitStruct(t, addr)
	default:
		return nil
	}
}

func (w *walk) visitStruct(t reflect.Type, addr bool) *HiddenFieldError {
	fields, err := w.fields(t)
	for _, f := range fields {
		if err != nil {
			break
		}
		err = w.visit(f.typ, addr || f.pointer).within("." + f.path)
	}
	// Asked last, since it is dear and seldom true.
	if err != nil && w.registered != nil && w.registered(t) {
		return nil
	}
	return err
}
