package codec

import (
	"reflect"

	"github.com/jetsource/jetsource/core/typecheck"
)

// CheckType reports whether c can write and read values of type t before there is one. It returns the
// [*HiddenFieldError] that Marshal would return, or nil. It knows [JSON], [MessagePack] and codecs with a
// method CheckType(reflect.Type) error: for another codec it returns nil.
func CheckType(c Codec, t reflect.Type) error {
	if c, ok := c.(interface{ CheckType(reflect.Type) error }); ok {
		return c.CheckType(t)
	}
	return nil
}

// checked is what the codecs of this package share: a name, and a check of the types that they write.
type checked struct{ types *typecheck.Checker }

// Name returns what is recorded with every event.
func (c checked) Name() string { return c.types.Name() }

func (c checked) checker() *typecheck.Checker { return c.types }

// CheckType is the function of this name.
func (c checked) CheckType(t reflect.Type) error {
	if err := c.types.Check(t); err != nil {
		return err
	}
	return nil
}
