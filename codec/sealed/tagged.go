package sealed

import (
	"reflect"
	"sync"
)

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
