package sealed

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/jetsource/jetsource/core/typecheck"
)

// builder makes the plan of a type.
type builder struct {
	value reflect.Type          // of a personal field in the shadow
	open  map[reflect.Type]bool // types that are being built
}

// place is where a type is in the outermost one.
type place struct {
	path, stored string
	subjects     [][]subject // of the structs around
	embedded     bool
}

func (p place) in(path, stored string) place {
	p.path, p.stored, p.embedded = p.path+path, p.stored+stored, false
	return p
}

func (p place) err(format string, args ...any) *TagError {
	return &TagError{Field: p.path, Reason: fmt.Sprintf(format, args...)}
}

// build returns the node of a type; nil if nothing in it is personal.
func (b *builder) build(t reflect.Type, at place) (*node, *TagError) {
	if !tagged(t) && !at.embedded {
		return nil, nil
	}
	if b.open[t] {
		return nil, at.err("its type %v contains itself", t)
	}
	b.open[t] = true
	defer delete(b.open, t)
	if method := ownMethod(t); method != "" {
		return nil, at.err("the method %s of %v writes or reads it", method, t)
	}
	switch t.Kind() {
	case reflect.Pointer:
		at.embedded = at.embedded && t.Elem().Kind() == reflect.Struct
		elem, err := b.build(t.Elem(), at)
		return wrap(elem, err, reflect.PointerTo)
	case reflect.Slice:
		elem, err := b.build(t.Elem(), at.in("[]", "[]"))
		return wrap(elem, err, reflect.SliceOf)
	case reflect.Array:
		elem, err := b.build(t.Elem(), at.in("[]", "[]"))
		return wrap(elem, err, func(e reflect.Type) reflect.Type { return reflect.ArrayOf(t.Len(), e) })
	case reflect.Map:
		if tagged(t.Key()) {
			return nil, at.in("[key]", "").err("keys of a map are not sealed")
		}
		elem, err := b.build(t.Elem(), at.in("[]", "[]"))
		return wrap(elem, err, func(e reflect.Type) reflect.Type { return reflect.MapOf(t.Key(), e) })
	case reflect.Struct:
		return b.buildStruct(t, at)
	}
	return nil, at.err("a %v cannot be embedded beside personal fields", t)
}

// wrap returns the node of a type that is made of another one.
func wrap(elem *node, err *TagError, of func(reflect.Type) reflect.Type) (*node, *TagError) {
	if err != nil || elem == nil {
		return nil, err
	}
	return &node{shadow: of(elem.shadow), elem: elem}, nil
}

func (b *builder) buildStruct(t reflect.Type, at place) (n *node, err *TagError) {
	n = &node{}
	if n.subjects, err = subjectsOf(t, at); err != nil {
		return nil, err
	}
	at.subjects = append(slices.Clip(at.subjects), n.subjects)
	var shadow []reflect.StructField
	for i := range t.NumField() {
		f := t.Field(i)
		inner := at.in("."+f.Name, "."+storedName(f))
		if f.Anonymous && storedName(f) == f.Name {
			inner.stored = at.stored
		}
		if !f.IsExported() {
			if typecheck.HasNoValue(f) {
				continue
			}
			return nil, inner.err("it is unexported, in a struct with personal fields")
		}
		made, err := b.buildField(f, inner)
		if err != nil {
			return nil, err
		}
		like := reflect.StructField{Name: f.Name, Type: f.Type, Tag: withoutTag(f.Tag), Anonymous: f.Anonymous}
		if made != nil {
			like.Type = made.shadow
			n.inside = append(n.inside, made)
		}
		n.fields = append(n.fields, field{from: i, to: len(shadow), node: made})
		shadow = append(shadow, like)
	}
	if n.shadow = structOf(shadow); n.shadow == nil {
		return nil, at.err("%v embeds what cannot be copied", t)
	}
	return n, nil
}

// buildField returns the node of a field; nil if it is to be copied.
func (b *builder) buildField(f reflect.StructField, at place) (*node, *TagError) {
	said, err := parseTag(f.Tag)
	about, found := nearest(at.subjects, said.of)
	switch {
	case err != nil:
		return nil, at.err("%v", err)
	case !said.personal:
		at.embedded = f.Anonymous
		return b.build(f.Type, at)
	case f.Anonymous:
		return nil, at.err("it is embedded; tag its fields")
	case tagged(f.Type):
		return nil, at.err("a personal field has tagged fields of its own")
	case !found:
		return nil, at.err("no field is tagged as its subject%s", suffix(said.of))
	}
	switch f.Type.Kind() {
	case reflect.Interface, reflect.Chan, reflect.Func, reflect.UnsafePointer, reflect.Uintptr, reflect.Complex64, reflect.Complex128:
		return nil, at.err("a %v cannot be sealed", f.Type)
	}
	erased, err := erasedValue(f.Type, said.erased)
	if err != nil {
		return nil, at.err("erased=%s: %v", *said.erased, err)
	}
	return &node{
		shadow: b.value,
		personal: &personal{
			path: at.path, stored: strings.TrimPrefix(at.stored, "."), of: said.of, about: strings.TrimPrefix(about.stored, "."),
			clear: said.cleartext, erased: erased,
		},
	}, nil
}

// structOf returns a struct type; nil if package reflect makes none.
func structOf(fields []reflect.StructField) (t reflect.Type) {
	defer func() { _ = recover() }() // an embedded type with methods
	return reflect.StructOf(fields)
}
