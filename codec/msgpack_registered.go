package codec

import (
	"bytes"
	"fmt"
	"reflect"

	"github.com/vmihailenco/msgpack/v5"
)

// msgpackRegistered reports whether the library was given functions for t. For a struct it tries an empty array: a struct
// that is read by its fields accepts one, the decoder of an extension wants the header of one. Another type is written as
// what it is made of, unless it is registered.
func msgpackRegistered(t reflect.Type) bool {
	if t.Kind() == reflect.Struct {
		return msgpack.Unmarshal([]byte{0x90}, reflect.New(t).Interface()) != nil
	}
	made := madeOf(t)
	return made != nil && !bytes.Equal(msgpackZero(t), msgpackZero(made))
}

// msgpackZero returns how the library writes the zero t, or its error.
func msgpackZero(t reflect.Type) (data []byte) {
	defer func() {
		if p := recover(); p != nil {
			data = fmt.Append(nil, p)
		}
	}()
	data, err := msgpack.Marshal(reflect.New(t).Interface())
	if err != nil {
		return []byte(err.Error())
	}
	return data
}

// basic are the types that named ones of their kinds are made of.
var basic = map[reflect.Kind]reflect.Type{
	reflect.Bool: reflect.TypeFor[bool](), reflect.String: reflect.TypeFor[string](),
	reflect.Int: reflect.TypeFor[int](), reflect.Int8: reflect.TypeFor[int8](), reflect.Int16: reflect.TypeFor[int16](),
	reflect.Int32: reflect.TypeFor[int32](), reflect.Int64: reflect.TypeFor[int64](),
	reflect.Uint: reflect.TypeFor[uint](), reflect.Uint8: reflect.TypeFor[uint8](), reflect.Uint16: reflect.TypeFor[uint16](),
	reflect.Uint32: reflect.TypeFor[uint32](), reflect.Uint64: reflect.TypeFor[uint64](),
	reflect.Float32: reflect.TypeFor[float32](), reflect.Float64: reflect.TypeFor[float64](),
}

// madeOf returns the type without a name that t is made of, nil if t has no name or is of another kind than those.
func madeOf(t reflect.Type) reflect.Type {
	if t.PkgPath() == "" {
		return nil
	}
	switch t.Kind() {
	case reflect.Slice:
		return reflect.SliceOf(t.Elem())
	case reflect.Array:
		return reflect.ArrayOf(t.Len(), t.Elem())
	case reflect.Map:
		return reflect.MapOf(t.Key(), t.Elem())
	default:
		return basic[t.Kind()]
	}
}
