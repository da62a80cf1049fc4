package codec

import (
	"bytes"
	"encoding"
	"fmt"
	"io"
	"reflect"

	"github.com/vmihailenco/msgpack/v5"
)

// MessagePack writes events with vmihailenco/msgpack; its name is "application/vnd.msgpack". It is smaller and faster
// than [JSON], and keeps bytes and strings that are not UTF-8.
//
// Times come back as the same instant in the local zone. In a field of type any, integers come back as int64, or as
// uint64 (those from 128 up that were not written as one of the signed types of fixed size), floats as float64 and
// []byte as string; maps there need string keys. A number too large for its field is cut off when it is read, so a
// field must not be given a smaller type later.
var MessagePack Codec = &msgpackCodec{shapes{rules: rules{
	codec:        "application/vnd.msgpack",
	tag:          "msgpack",
	marshalers:   msgpackMarshalers,
	unmarshalers: msgpackUnmarshalers,
	registered:   msgpackRegistered,
	fields:       msgpackFields,
}}}

var msgpackMarshalers = []reflect.Type{
	reflect.TypeFor[msgpack.CustomEncoder](), reflect.TypeFor[msgpack.Marshaler](),
	reflect.TypeFor[encoding.BinaryMarshaler](), reflect.TypeFor[encoding.TextMarshaler](),
}

var msgpackUnmarshalers = []reflect.Type{
	reflect.TypeFor[msgpack.CustomDecoder](), reflect.TypeFor[msgpack.Unmarshaler](),
	reflect.TypeFor[encoding.BinaryUnmarshaler](), reflect.TypeFor[encoding.TextUnmarshaler](),
}

type msgpackCodec struct{ shapes }

func (c *msgpackCodec) Name() string { return c.codec }

func (c *msgpackCodec) Marshal(v any) ([]byte, error) {
	v, err := c.admit(v)
	if err != nil {
		return nil, err
	}
	data, err := msgpack.Marshal(v)
	if err != nil {
		return nil, err
	}
	// The library copies what a type's own method gives without a look at it.
	if _, err := scan(data); err != nil {
		return nil, fmt.Errorf("msgpack: %T writes what cannot be read: %w", v, err)
	}
	return data, nil
}

func (c *msgpackCodec) Unmarshal(data []byte, v any) (err error) {
	traps, err := scan(data)
	if err != nil {
		return fmt.Errorf("msgpack: %w", err)
	}
	// The library panics on some input that does not fit the type, such as nil for a time.Time. The decoder is then not
	// returned to its pool.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("msgpack: data does not fit %T: %v", v, p)
		}
	}()
	var r io.Reader = bytes.NewReader(data)
	if len(traps) > 0 {
		r = &trappedReader{Reader: bytes.NewReader(data), traps: traps}
	}
	dec := msgpack.GetDecoder()
	dec.Reset(r)
	dec.UseLooseInterfaceDecoding(true)
	err = dec.Decode(v)
	msgpack.PutDecoder(dec)
	return err
}

// msgpackRegistered reports whether the library decodes the struct t as an extension. By fields it takes an empty
// array; an extension's decoder wants its header.
func msgpackRegistered(t reflect.Type) bool {
	return msgpack.Unmarshal([]byte{0x90}, reflect.New(t).Interface()) != nil
}
