package codec

import "reflect"

// Copier returns a function that copies a value by encoding and decoding it with c, so that the copy shares nothing with
// the original. It panics with a [*HiddenFieldError] if a copy would lose a field of T.
func Copier[T any](c Codec) func(T) (T, error) {
	if err := CheckType(c, reflect.TypeFor[T]()); err != nil {
		panic(err)
	}
	marshal := c.Marshal
	if own, ok := c.(ownCodec); ok {
		marshal = own.write // what it writes is read at once
	}
	return func(v T) (T, error) {
		var copied T
		data, err := marshal(v)
		if err == nil {
			err = c.Unmarshal(data, &copied)
		}
		return copied, err
	}
}
