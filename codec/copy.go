package codec

import (
	"reflect"

	"github.com/jetsource/jetsource/core/typecheck"
)

// Copier returns a function that copies a value by encoding and decoding it with c, so that the copy shares nothing with
// the original. It panics with a [*HiddenFieldError] if a copy would lose a field of T. A copy that is not what the original
// is, is a [*ChangedError].
func Copier[T any](c Codec) func(T) (T, error) {
	if err := CheckType(c, reflect.TypeFor[T]()); err != nil {
		panic(err)
	}
	marshal, compare := c.Marshal, func(v, copied any) error { return typecheck.Compare(c.Name(), v, copied) }
	if own, ok := c.(ownCodec); ok {
		marshal, compare = own.write, own.checker().Compare // what it writes is read at once
	}
	return func(v T) (T, error) {
		var copied T
		data, err := marshal(v)
		if err == nil {
			err = c.Unmarshal(data, &copied)
		}
		if err == nil {
			err = compare(v, copied)
		}
		return copied, err
	}
}
