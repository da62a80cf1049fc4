package typecheck

import (
	"cmp"
	"reflect"
)

// walk examines one type and all types that it contains.
type walk struct {
	rules     *Rules
	seen      map[visit]bool
	byPointer bool // see result
}

// visit is a type at some place in another one. Methods of the pointer to the
// type are used only where the value can be addressed; a map's values cannot.
type visit struct {
	typ         reflect.Type
	addressable bool
}

func (w *walk) visit(t reflect.Type, addressable bool) *Error {
	if w.seen[visit{t, addressable}] {
		return nil
	}
	w.seen[visit{t, addressable}] = true

	switch t.Kind() {
	case reflect.Pointer:
		return w.visit(t.Elem(), true)
	case reflect.Interface:
		return nil
	}
	if err, written := w.visitMethods(t, addressable); written {
		return err
	}
	switch t.Kind() {
	case reflect.Slice:
		return w.visit(t.Elem(), true).Within("[]")
	case reflect.Array:
		return w.visit(t.Elem(), addressable).Within("[]")
	case reflect.Map:
		if err := w.visit(t.Key(), false); err != nil {
			return err.Within("[key]")
		}
		return w.visit(t.Elem(), false).Within("[]")
	case reflect.Struct:
		return w.visitStruct(t, addressable)
	default:
		return nil
	}
}

// visitMethods reports whether t is written and read by methods of its own, and
// what is lost by that.
func (w *walk) visitMethods(t reflect.Type, addressable bool) (_ *Error, written bool) {
	marshal, ok := FindMethod(t, addressable, w.rules.Marshalers)
	if !ok {
		return nil, false
	}
	if _, byValue := FindMethod(t, false, w.rules.Marshalers); !byValue {
		w.byPointer = true
	}
	// With a marshaler alone the type is still read by its fields, so these are
	// checked. Even if all are exported, it may not be readable: that depends on
	// what its method writes, which a type does not tell.
	unmarshal, ok := FindMethod(t, true, w.rules.Unmarshalers)
	if !ok {
		return nil, false
	}
	return cmp.Or(w.rules.lostByPromotion(t, marshal), w.rules.lostByPromotion(t, unmarshal)), true
}

func (w *walk) visitStruct(t reflect.Type, addressable bool) *Error {
	fields, err := w.rules.Fields(t)
	for _, f := range fields {
		if err != nil {
			break
		}
		err = w.visit(f.Type, addressable || f.ByPointer).Within("." + f.Path)
	}
	// Registered is asked last: the answer is expensive and rarely yes.
	if err != nil && w.rules.Registered != nil && w.rules.Registered(t) {
		return nil
	}
	return err
}
