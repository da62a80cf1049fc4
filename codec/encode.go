package codec

import "github.com/jetsource/jetsource/core/typecheck"

type (
	// UnreadableError reports a value that was encoded and could not be decoded again, so nothing was stored: it could
	// never be read. Its Hint says what to change in the type.
	UnreadableError = typecheck.UnreadableError

	// CycleError reports a value that contains itself, or that is nested too deep. Nothing was written.
	CycleError = typecheck.CycleError

	// TimeError reports a time that [JSON] would read as another moment, as its offset from UTC has seconds. Nothing was
	// written.
	TimeError = typecheck.TimeError
)

// Encode returns the bytes of v as c writes them, once they can be decoded into the type of v again: an event that cannot
// is an [*UnreadableError]. [JSON] and [MessagePack] see to that in Marshal, and read back only where the type of v
// does not tell; the bytes of any other codec are decoded in any case.
func Encode(c Codec, v any) ([]byte, error) {
	data, err := c.Marshal(v)
	if _, own := c.(ownCodec); err == nil && !own {
		err = typecheck.ReadBack(c.Name(), v, data, c.Unmarshal)
	}
	if err != nil {
		return nil, err
	}
	return data, nil
}

// ownCodec is a codec of this package.
type ownCodec interface {
	write(v any) ([]byte, error) // as Marshal, but it does not read back
}
