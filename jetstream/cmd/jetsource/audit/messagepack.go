package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/vmihailenco/msgpack/v5"
)

// messagePack returns a MessagePack payload as JSON: binary strings in base64, keys that
// are no strings as their text.
func messagePack(data []byte) (json.RawMessage, error) {
	r := bytes.NewReader(data)
	d := msgpack.NewDecoder(r)
	d.SetMapDecoder(func(d *msgpack.Decoder) (any, error) { return d.DecodeUntypedMap() })
	v, err := decode(d)
	if err != nil {
		return nil, fmt.Errorf("payload is no MessagePack: %w", err)
	}
	if r.Len() > 0 {
		return nil, errors.New("payload is more than one MessagePack value")
	}
	return json.Marshal(plain(v))
}

// decode is DecodeInterface; hostile input makes that panic for keys that cannot be one.
func decode(d *msgpack.Decoder) (v any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	return d.DecodeInterface()
}

// plain makes maps that JSON takes.
func plain(v any) any {
	switch v := v.(type) {
	case map[any]any:
		m := make(map[string]any, len(v))
		for k, e := range v {
			m[fmt.Sprint(k)] = plain(e)
		}
		return m
	case []any:
		for i, e := range v {
			v[i] = plain(e)
		}
	}
	return v
}
