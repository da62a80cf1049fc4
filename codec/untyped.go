package codec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/vmihailenco/msgpack/v5"
)

// Untyped decodes what [JSON] or [MessagePack] wrote, by the name of the codec, where the Go
// type is not known: for a program that shows a log. It returns what package json makes of a
// value, numbers of JSON as [json.Number]; of MessagePack, keys of maps as their text, binary
// strings as []byte and times as [time.Time]. Another codec is an [*UnknownError].
func Untyped(name string, data []byte) (any, error) {
	switch name {
	case JSON.Name():
		return untypedJSON(data)
	case MessagePack.Name():
		return untypedMessagePack(data)
	}
	return nil, &UnknownError{Name: name}
}

func untypedJSON(data []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("no JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value")
	}
	return v, nil
}

func untypedMessagePack(data []byte) (any, error) {
	if _, err := scan(data); err != nil {
		return nil, fmt.Errorf("no MessagePack: %w", err)
	}
	r := bytes.NewReader(data)
	d := msgpack.NewDecoder(r)
	d.SetMapDecoder(func(d *msgpack.Decoder) (any, error) { return d.DecodeUntypedMap() })
	v, err := decodeInterface(d)
	if err != nil {
		return nil, fmt.Errorf("no MessagePack: %w", err)
	}
	if r.Len() > 0 {
		return nil, errors.New("more than one MessagePack value")
	}
	return textKeys(v), nil
}

// decodeInterface is DecodeInterface; hostile input makes that panic for keys that cannot be one.
func decodeInterface(d *msgpack.Decoder) (v any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	return d.DecodeInterface()
}

// textKeys makes maps that JSON takes.
func textKeys(v any) any {
	switch v := v.(type) {
	case map[any]any:
		m := make(map[string]any, len(v))
		for k, e := range v {
			m[fmt.Sprint(k)] = textKeys(e)
		}
		return m
	case []any:
		for i, e := range v {
			v[i] = textKeys(e)
		}
	}
	return v
}
