package sealed

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/jetsource/jetsource/core/typecheck"
)

// plan is how values of a type are sealed: they are copied into values of a shadow type,
// which has []byte in place of each personal field and is else the same. A type without
// personal fields has none.
type plan struct {
	root *node // nil if nothing is personal
	err  error // a [TagError]
}

var plans sync.Map // of plan, by reflect.Type

// planOf returns the plan of a type.
func planOf(t reflect.Type) plan {
	if known, ok := plans.Load(t); ok {
		return known.(plan)
	}
	b := builder{open: make(map[reflect.Type]bool)}
	root, err := b.build(t, place{})
	if err != nil {
		err.Type, err.Field = t, typecheck.PathFrom(t, err.Field)
		if err.Field == "" {
			err.Field = "the value"
		}
		known, _ := plans.LoadOrStore(t, plan{err: err})
		return known.(plan)
	}
	if root != nil {
		root.rename(t)
	}
	known, _ := plans.LoadOrStore(t, plan{root: root})
	return known.(plan)
}

// node is a type with personal fields inside, or a personal field.
type node struct {
	shadow   reflect.Type
	personal *personal
	elem     *node     // of a pointer, slice, array or map
	fields   []field   // of a struct, those that its shadow has
	subjects []subject // of a struct, those that its fields name
	inside   []*node   // the nodes of fields
}

// field is a field of a struct and its shadow.
type field struct {
	from, to int   // indices
	node     *node // nil for a copy
}

// subject is a field that names a subject.
type subject struct {
	name  string // what "of=" says
	index []int
}

// personal is a personal field.
type personal struct {
	path   string // for errors: "Order.Lines[].Name"
	stored string // as it is bound: "lines[].name"
	of     string
	erased reflect.Value
}

// rename puts the name of the outermost type before the paths of all fields.
func (n *node) rename(t reflect.Type) {
	if n.personal != nil {
		n.personal.path = typecheck.PathFrom(t, n.personal.path)
	}
	for _, inner := range append(slices.Clone(n.inside), n.elem) {
		if inner != nil {
			inner.rename(t)
		}
	}
}

// builder makes the plan of a type.
type builder struct {
	open map[reflect.Type]bool // types that are being built
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
	case !b.hasSubject(at.subjects, said.of):
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
		shadow:   reflect.TypeFor[[]byte](),
		personal: &personal{path: at.path, stored: strings.TrimPrefix(at.stored, "."), of: said.of, erased: erased},
	}, nil
}

func (b *builder) hasSubject(around [][]subject, name string) bool {
	return slices.ContainsFunc(around, func(all []subject) bool {
		return slices.ContainsFunc(all, func(s subject) bool { return s.name == name })
	})
}

func suffix(of string) string {
	if of == "" {
		return ""
	}
	return ", of=" + of
}

// subjectsOf returns the subjects that the fields of a struct name, and those of structs
// that it embeds.
func subjectsOf(t reflect.Type, at place) (all []subject, _ *TagError) {
	for _, f := range reflect.VisibleFields(t) {
		said, err := parseTag(f.Tag)
		if err != nil || !said.subject {
			continue // the tag is looked at with its field
		}
		path := at.in("."+f.Name, "")
		switch {
		case throughPointer(t, f.Index):
			continue
		case !f.IsExported():
			return nil, path.err("it is unexported")
		case !canBeSubject(f.Type):
			return nil, path.err("a %v cannot name a subject", f.Type)
		case slices.ContainsFunc(all, func(s subject) bool { return s.name == said.of }):
			return nil, path.err("it is a second subject%s for the same fields", suffix(said.of))
		}
		all = append(all, subject{said.of, f.Index})
	}
	return all, nil
}

// throughPointer reports whether a field is one of an embedded pointer.
func throughPointer(t reflect.Type, index []int) bool {
	for _, i := range index[:len(index)-1] {
		if t = t.Field(i).Type; t.Kind() == reflect.Pointer {
			return true
		}
	}
	return false
}

// structOf returns a struct type; nil if package reflect makes none.
func structOf(fields []reflect.StructField) (t reflect.Type) {
	defer func() { _ = recover() }() // an embedded type with methods
	return reflect.StructOf(fields)
}

var taggedTypes sync.Map // of bool, by reflect.Type

// tagged reports whether a field in the type, however deep, has a tag that says more than
// subject.
func tagged(t reflect.Type) bool {
	known, ok := taggedTypes.Load(t)
	if !ok {
		known, _ = taggedTypes.LoadOrStore(t, hasTag(t, make(map[reflect.Type]bool)))
	}
	return known.(bool)
}

func hasTag(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return hasTag(t.Elem(), seen)
	case reflect.Map:
		return hasTag(t.Key(), seen) || hasTag(t.Elem(), seen)
	case reflect.Struct:
		for f := range t.Fields() {
			if said, err := parseTag(f.Tag); err != nil || said.personal || hasTag(f.Type, seen) {
				return true
			}
		}
	}
	return false
}

// ownMethod returns the name of a method by which values of t are written or read; empty if
// they are by their fields.
func ownMethod(t reflect.Type) string {
	if t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface {
		return ""
	}
	for _, format := range []string{"JSON", "JSONTo", "JSONFrom", "Text", "Binary", "Msgpack"} {
		for _, verb := range []string{"Marshal", "Unmarshal"} {
			if _, ok := reflect.PointerTo(t).MethodByName(verb + format); ok {
				return verb + format
			}
		}
	}
	for _, name := range []string{"EncodeMsgpack", "DecodeMsgpack"} {
		if _, ok := reflect.PointerTo(t).MethodByName(name); ok {
			return name
		}
	}
	return ""
}
