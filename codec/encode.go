package codec

import (
	"reflect"

	"github.com/jetsource/jetsource/core/typecheck"
)

type (
	// UnreadableError reports a value that was encoded and could not be decoded again, so nothing was stored: it could
	// never be read. Its Hint says what to change in the type.
	UnreadableError = typecheck.UnreadableError

	// CycleError reports a value that contains itself, or that is nested too deep. Nothing was written.
	CycleError = typecheck.CycleError

	// ChangedError reports a value that a codec reads as another one: see [EncodeState] and [Copier].
	ChangedError = typecheck.ChangedError

	// HiddenFieldError reports a field that a codec would lose, so nothing was written. The mistake is in the type, not in
	// the value: every value of the type has it.
	//
	// It tells what the types alone tell. The type of what an interface holds is known only at run time, and is not checked;
	// a field tagged "-" is left out on purpose; and a type with its own methods for both directions answers for what they
	// write.
	HiddenFieldError = typecheck.Error

	// TextError reports a string that is not UTF-8. JSON cannot carry it, so nothing was written. A field of type []byte can
	// hold any bytes.
	TextError = typecheck.TextError

	// TimeError reports a time that [JSON] would read as another moment, as its offset from UTC has seconds. Nothing was
	// written.
	TimeError = typecheck.TimeError
)

// Encode returns the bytes of v as c writes them, once they can be decoded into the type of v again: an event that cannot
// is an [*UnreadableError]. [JSON] and [MessagePack] see to that in Marshal, and read back only where the type of v
// does not tell; the bytes of any other codec are decoded in any case, unless it is a [KindCodec]. The kind is that of the
// event, for [Decode]. A value with a personal field is a [*PersonalError] where c does not seal it.
func Encode(c Codec, kind string, v any) ([]byte, error) {
	if k, ok := c.(KindCodec); ok {
		return k.MarshalKind(kind, v)
	}
	if err := checkPersonal(c, reflect.TypeOf(v)); err != nil {
		return nil, err
	}
	data, err := c.Marshal(v)
	if _, own := c.(ownCodec); err == nil && !own {
		err = typecheck.ReadBack(c.Name(), v, data, c.Unmarshal)
	}
	if err != nil {
		return nil, err
	}
	return data, nil
}

// EncodeState is [Encode] for a value that must come back as it is, as the state of an aggregate must: rules are decided
// by it. A value that does not is a [*ChangedError]. Values are not decoded if their type tells that they come back as they
// are: numbers, strings and bools, and lists, maps and structs of them, without tags that leave something out.
func EncodeState(c Codec, kind string, v any) ([]byte, error) {
	if k, ok := c.(KindCodec); ok {
		return k.MarshalState(kind, v)
	}
	if err := checkPersonal(c, reflect.TypeOf(v)); err != nil {
		return nil, err
	}
	own, ok := c.(ownCodec)
	if !ok {
		data, err := c.Marshal(v)
		if err == nil {
			err = typecheck.Survives(c.Name(), v, data, c.Unmarshal)
		}
		return data, err
	}
	data, err := own.write(v)
	if err == nil {
		err = own.checker().Survives(v, data, c.Unmarshal)
	}
	return data, err
}

// ownCodec is a codec of this package.
type ownCodec interface {
	write(v any) ([]byte, error) // as Marshal, but it does not read back
	checker() *typecheck.Checker
}
