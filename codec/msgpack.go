package codec

import (
	"bytes"
	"fmt"
	"io"

	"github.com/vmihailenco/msgpack/v5"
)

// MessagePack writes events with vmihailenco/msgpack; its name is "application/vnd.msgpack". It is smaller and faster
// than [JSON], and keeps bytes and strings that are not UTF-8.
//
// Times come back as the same instant in UTC: the format has no offsets. In a field of type any, integers come back as
// int64, or as uint64 (those from 128 up that were not written as one of the signed types of fixed size), floats as
// float64 and []byte as string; maps there need string keys. A number that is too large for its field is cut off when it
// is read, so a field must not be given a smaller type later.
var MessagePack Codec = &msgpackCodec{checked{msgpackTypes}}

type msgpackCodec struct{ checked }

func (c *msgpackCodec) Marshal(v any) ([]byte, error) {
	data, err := c.write(v)
	if err == nil {
		err = c.types.ReadBack(v, data, c.read)
	}
	if err != nil {
		return nil, err
	}
	return data, nil
}

func (c *msgpackCodec) write(v any) ([]byte, error) {
	v, err := c.types.Prepare(v)
	if err != nil {
		return nil, err
	}
	data, err := msgpack.Marshal(v)
	if err != nil {
		return nil, err
	}
	// The library does not check what a type's own method returns.
	if _, err := scan(data); err != nil {
		return nil, fmt.Errorf("msgpack: %T writes what cannot be read: %w", v, err)
	}
	return data, nil
}

func (c *msgpackCodec) Unmarshal(data []byte, v any) error {
	err := c.read(data, v)
	c.types.FixTimes(v)
	return err
}

func (c *msgpackCodec) read(data []byte, v any) (err error) {
	falseMaps, err := scan(data)
	if err != nil {
		return fmt.Errorf("msgpack: %w", err)
	}
	// The library panics on some data that does not fit the type, such as nil for a time.Time. The decoder is not
	// returned to its pool then.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("msgpack: data does not fit %T: %v", v, p)
		}
	}()
	var r io.Reader = bytes.NewReader(data)
	if len(falseMaps) > 0 {
		r = &guardedReader{Reader: bytes.NewReader(data), falseMaps: falseMaps}
	}
	dec := msgpack.GetDecoder()
	dec.Reset(r)
	dec.UseLooseInterfaceDecoding(true)
	err = dec.Decode(v)
	msgpack.PutDecoder(dec)
	return err
}
