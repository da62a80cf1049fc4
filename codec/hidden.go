package codec

import (
	"fmt"
	"reflect"
	"strings"
)

// HiddenFieldError tells that values of a type would lose a field on the way through a codec, so nothing was written.
// It is a mistake in the type, not in the value, and comes with every value of it.
//
// Found is what the types alone tell. What an interface holds is known only at run time, and is not looked into;
// fields tagged "-" are left out on purpose and not reported; and what a type's own methods write is their affair, if
// it has methods for both ways.
type HiddenFieldError struct {
	Codec  string       // the codec's name
	Type   reflect.Type // what was given to Marshal
	Field  string       // the way to the field: "Order.Lines[].total"; "[key]" stands for a map's keys
	Reason string       // why it is hidden: "it is unexported"
}

func (e *HiddenFieldError) Error() string {
	return fmt.Sprintf("%s would lose %s of %s: %s", e.Codec, e.Field, e.Type, e.Reason)
}

// CheckType reports what c would say of any value of type t, before there is one: nil, or a [*HiddenFieldError]. Of codecs
// other than [JSON] and [MessagePack] it knows nothing, and gives nil.
func CheckType(c Codec, t reflect.Type) error {
	if c, ok := c.(interface{ shapeOf(reflect.Type) shape }); ok {
		if hidden := c.shapeOf(t).hidden; hidden != nil {
			return hidden
		}
	}
	return nil
}

// hidden starts a report at the field itself; what contains the field is put before it on the way out.
func hidden(field, reason string) *HiddenFieldError {
	return &HiddenFieldError{Field: "." + field, Reason: reason}
}

func (e *HiddenFieldError) within(prefix string) *HiddenFieldError {
	if e != nil {
		e.Field = prefix + e.Field
	}
	return e
}

// at completes the report for the type that was given to Marshal.
func (e *HiddenFieldError) at(codec string, t reflect.Type) *HiddenFieldError {
	if e == nil {
		return nil
	}
	e.Codec, e.Type = codec, t
	e.Field = strings.TrimPrefix(pointedTo(t).Name()+e.Field, ".")
	return e
}

// pointedTo is what a pointer, or a pointer to one, points to in the end.
func pointedTo(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

const (
	reasonUnexported = "it is unexported; export it, tag it \"-\", or give its struct methods that marshal and unmarshal it"
	reasonUnsettable = "it embeds a pointer to an unexported struct, which cannot be set when it is read"
	reasonItself     = "it embeds its own type"
	reasonNilInlined = "it embeds a pointer, and nil would be read as an empty struct; tag it \",noinline\" or embed the struct"
	reasonPromoted   = "the struct has its %s from an embedded field, and it treats that field alone"
	reasonSameName   = "%s is also written as %q, and one name carries one field"
)

// nothingToLose reports whether f needs no codec: blank fields have no value, and fields without a size have only one.
func nothingToLose(f reflect.StructField) bool {
	return !f.IsExported() && (f.Name == "_" || f.Type.Size() == 0)
}

// unreachable gives the reason why no codec that works by reflection can write and read f, "" if one can. Structs that
// are embedded can be reached even when their type is unexported: their exported fields are the outer struct's.
func unreachable(f reflect.StructField) string {
	switch {
	case f.IsExported(), f.Anonymous && f.Type.Kind() == reflect.Struct:
		return ""
	case f.Anonymous && f.Type.Kind() == reflect.Pointer && f.Type.Elem().Kind() == reflect.Struct:
		return reasonUnsettable
	default:
		return reasonUnexported
	}
}
