package typecheck

import (
	"fmt"
	"reflect"
)

// The reasons why a field is lost.
const (
	Unexported   = "it is unexported; export it, tag it \"-\", or give its struct methods that marshal and unmarshal it"
	NilInlined   = "it embeds a pointer, and nil would be read as an empty struct; tag it \",noinline\" or embed the struct"
	notSettable  = "it embeds a pointer to an unexported struct, which cannot be set when it is read"
	embedsItself = "it embeds its own type"
)

// SameName is the reason why a field is lost whose encoded name another one has.
func SameName(other, name string) string {
	return fmt.Sprintf("%s is also written as %q, and one name carries one field", other, name)
}

// HasNoValue reports whether nothing is lost if f is left out: a blank field has
// no value, and a field without a size has only one.
func HasNoValue(f reflect.StructField) bool {
	return !f.IsExported() && (f.Name == "_" || f.Type.Size() == 0)
}

// Unreachable returns the reason why no encoding by reflection can write and
// read f, empty if one can. An embedded struct can be reached even if its type
// is unexported: its exported fields are fields of the outer struct.
func Unreachable(f reflect.StructField) string {
	switch {
	case f.IsExported(), f.Anonymous && f.Type.Kind() == reflect.Struct:
		return ""
	case f.Anonymous && f.Type.Kind() == reflect.Pointer && f.Type.Elem().Kind() == reflect.Struct:
		return notSettable
	default:
		return Unexported
	}
}
