package codec

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// PersonalTag is the key of the struct tags by which package sealed knows personal fields.
const PersonalTag = "sealed"

// PersonalError reports a type with a personal field that was to be written by a codec that does not seal, so nothing was
// written: see package sealed.
type PersonalError struct {
	Codec string       // the name of the codec
	Type  reflect.Type // of the value
	Field string       // the path to the field: "Order.Lines[].Name"
}

func (e *PersonalError) Error() string {
	return fmt.Sprintf("%s would write %s of %s in clear text, and it is personal", e.Codec, e.Field, e.Type)
}

// checkPersonal returns a [PersonalError] if values of t have personal fields and c does not seal them.
func checkPersonal(c Codec, t reflect.Type) error {
	if _, seals := c.(KindCodec); seals || t == nil {
		return nil
	}
	field, ok := personalFields.Load(t)
	if !ok {
		field, _ = personalFields.LoadOrStore(t, personalField(t, make(map[reflect.Type]bool)))
	}
	if field == "" {
		return nil
	}
	for t.Kind() == reflect.Pointer && t.Name() == "" {
		t = t.Elem()
	}
	return &PersonalError{Codec: c.Name(), Type: t, Field: strings.TrimPrefix(t.Name()+field.(string), ".")}
}

var personalFields sync.Map // of string, by reflect.Type

// personalField returns the path to the first personal field of t; empty if there is none.
func personalField(t reflect.Type, seen map[reflect.Type]bool) string {
	if seen[t] {
		return ""
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer:
		return personalField(t.Elem(), seen)
	case reflect.Slice, reflect.Array:
		return within("[]", personalField(t.Elem(), seen))
	case reflect.Map:
		if key := personalField(t.Key(), seen); key != "" {
			return "[key]" + key
		}
		return within("[]", personalField(t.Elem(), seen))
	case reflect.Struct:
		for f := range t.Fields() {
			if isPersonal(f.Tag) {
				return "." + f.Name
			}
			if inner := personalField(f.Type, seen); inner != "" {
				return "." + f.Name + inner
			}
		}
	}
	return ""
}

func within(prefix, path string) string {
	if path == "" {
		return ""
	}
	return prefix + path
}

// isPersonal reports whether a field with the tag may be personal: every tag but that of a subject counts, also one that
// is misspelled.
func isPersonal(tag reflect.StructTag) bool {
	text, ok := tag.Lookup(PersonalTag)
	first, _, _ := strings.Cut(text, ",")
	return ok && first != "subject"
}
