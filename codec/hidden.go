package codec

import (
	"errors"
	"reflect"

	"github.com/jetsource/jetsource/core/typecheck"
)

// HiddenFieldError reports a field that a codec would lose, so nothing was written. The mistake is in the type, not in
// the value: every value of the type has it.
//
// It tells what the types alone tell. The type of what an interface holds is known only at run time, and is not checked;
// a field tagged "-" is left out on purpose; and a type with its own methods for both directions answers for what they
// write.
type HiddenFieldError struct {
	Codec  string       // the codec's name
	Type   reflect.Type // what was given to Marshal
	Field  string       // the path to the field: "Order.Lines[].total"; "[key]" stands for a map's keys
	Reason string       // why it is hidden: "it is unexported"
}

func (e *HiddenFieldError) Error() string { return (*typecheck.Error)(e).Error() }

// Unwrap returns the error as package typecheck has it.
func (e *HiddenFieldError) Unwrap() error { return (*typecheck.Error)(e) }

// CheckType reports whether c can write and read values of type t before there is one. It returns the
// [*HiddenFieldError] that Marshal would return, or nil. It knows [JSON] and [MessagePack] only: for another codec it
// returns nil.
func CheckType(c Codec, t reflect.Type) error {
	if c, ok := c.(interface{ checkType(reflect.Type) error }); ok {
		return c.checkType(t)
	}
	return nil
}

// checked is what the codecs of this package share: a name, and a check of the types that they write.
type checked struct{ types *typecheck.Checker }

// Name returns what is recorded with every event.
func (c checked) Name() string { return c.types.Name() }

func (c checked) checker() *typecheck.Checker { return c.types }

func (c checked) checkType(t reflect.Type) error {
	if err := c.types.Check(t); err != nil {
		return (*HiddenFieldError)(err)
	}
	return nil
}

// prepare checks v and returns the value to encode.
func (c checked) prepare(v any) (any, error) {
	v, err := c.types.Prepare(v)
	if hidden, ok := errors.AsType[*typecheck.Error](err); ok {
		return nil, (*HiddenFieldError)(hidden)
	}
	return v, err
}
