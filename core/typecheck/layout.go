package typecheck

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Layout identifies the layout of t as the encoding sees it: names, types and
// nesting of what is written. Types that differ in their own name only, or in what
// is left out, have one layout. What was encoded under one layout must not be decoded
// under another: a field that was renamed would be zero, without an error.
//
// A type that writes and reads itself by methods counts by its name: what they write
// is its own affair.
func (c *Checker) Layout(t reflect.Type) string {
	if known, ok := c.layouts.Load(t); ok {
		return known.(string)
	}
	l := layout{rules: &c.rules, closed: make(map[visit]string)}
	text, _ := l.of(visit{t, true}, nil)
	known, _ := c.layouts.LoadOrStore(t, shorten(text))
	return known.(string)
}

// layout describes types. Of a type that contains itself it tells how many types
// further out it begins.
type layout struct {
	rules  *Rules
	closed map[visit]string // descriptions that name nothing further out
}

// of describes a type inside of others. It returns how far out the outermost type is
// that the description names: 0 for the type itself, or none.
func (l *layout) of(v visit, outer []visit) (text string, out int) {
	if v.typ == nil {
		return "nil", 0
	}
	if text, ok := l.closed[v]; ok {
		return text, 0
	}
	for i := range outer {
		if outer[len(outer)-1-i] == v {
			return fmt.Sprintf("^%d", i+1), i + 1
		}
	}
	text, out = l.describe(v, append(slices.Clip(outer), v))
	if out = max(out-1, 0); out == 0 {
		if len(text) > 64 {
			text = shorten(text)
		}
		l.closed[v] = text
	}
	return text, out
}

func (l *layout) describe(v visit, outer []visit) (string, int) {
	t := v.typ
	if t == numberType {
		return named(t), 0
	}
	prefix := ""
	if t.Kind() != reflect.Pointer && t.Kind() != reflect.Interface {
		own, alone := l.methods(v)
		if alone {
			return named(t), 0
		}
		if own {
			prefix = named(t) + " "
		}
	}
	text, out := l.parts(v, outer)
	return prefix + text, out
}

// methods reports whether t has methods, or functions, that write or read it, and
// whether they alone do.
func (l *layout) methods(v visit) (own, alone bool) {
	_, writes := FindMethod(v.typ, v.addressable, l.rules.Marshalers)
	_, reads := FindMethod(v.typ, true, l.rules.Unmarshalers)
	if v.typ == timeType || l.rules.Registered != nil && v.typ.PkgPath() != "" && !writes && !reads && l.rules.Registered(v.typ) {
		return true, true
	}
	_, anywhere := FindMethod(v.typ, true, l.rules.Marshalers)
	if l.rules.Marshalers == nil { // any method may be one
		anywhere = v.typ.NumMethod() > 0 || reflect.PointerTo(v.typ).NumMethod() > 0
	}
	return anywhere || reads, writes && reads
}

func (l *layout) parts(v visit, outer []visit) (string, int) {
	t := v.typ
	switch t.Kind() {
	case reflect.Pointer:
		text, out := l.of(visit{t.Elem(), true}, outer)
		return "*" + text, out
	case reflect.Slice:
		text, out := l.of(visit{t.Elem(), true}, outer)
		return "[]" + text, out
	case reflect.Array:
		text, out := l.of(visit{t.Elem(), v.addressable}, outer)
		return fmt.Sprintf("[%d]%s", t.Len(), text), out
	case reflect.Map:
		key, a := l.of(visit{t.Key(), false}, outer)
		elem, b := l.of(visit{t.Elem(), false}, outer)
		return "map[" + key + "]" + elem, max(a, b)
	case reflect.Struct:
		return l.fields(v, outer)
	case reflect.Interface:
		return named(t), 0
	default:
		return t.Kind().String(), 0
	}
}

func (l *layout) fields(v visit, outer []visit) (string, int) {
	fields, err := l.rules.Fields(v.typ)
	if err != nil { // no state of the type is stored
		return named(v.typ) + " which would lose " + err.Field, 0
	}
	all := make([]string, len(fields))
	furthest := 0
	for i, f := range fields {
		text, out := l.of(visit{f.Type, v.addressable || f.ByPointer}, outer)
		furthest = max(furthest, out)
		if f.ByPointer {
			text = "embedded " + text
		}
		all[i] = fmt.Sprintf("%q%s %s", f.Name, f.Options, text)
	}
	if l.rules.Ordered != nil && l.rules.Ordered(v.typ) {
		return "list{" + strings.Join(all, ";") + "}", furthest
	}
	slices.Sort(all)
	return "{" + strings.Join(all, ";") + "}", furthest
}

// Layout identifies the layout of t for an encoding of which nothing is known: by the
// names, tags and types of all fields, and by the names of types with methods.
func Layout(t reflect.Type) string { return unknown.Layout(t) }

// unknown has the rules for any encoding.
var unknown = New(Rules{
	Name:    "unknown",
	Ordered: func(reflect.Type) bool { return true },
	Fields: func(t reflect.Type) (fields []Field, _ *Error) {
		for f := range t.Fields() {
			fields = append(fields, Field{Path: f.Name, Name: f.Name, Type: f.Type, Options: " " + string(f.Tag)})
		}
		return fields, nil
	},
})
