package codec

import (
	"encoding/json"

	"github.com/jetsource/jetsource/core/typecheck"
)

// JSON writes events with encoding/json; its name is "application/json". It is the codec to begin with: every tool reads
// it, and fields may be added to events later.
//
// Strings must be UTF-8: any other is a [*TextError]. In a field of type any, numbers come back as float64, which holds
// integers exactly up to 2^53.
var JSON Codec = &jsonCodec{checked{typecheck.JSON}}

type jsonCodec struct{ checked }

func (c *jsonCodec) Marshal(v any) ([]byte, error) {
	data, err := c.write(v)
	if err == nil {
		err = c.types.ReadBack(v, data, json.Unmarshal)
	}
	if err != nil {
		return nil, err
	}
	return data, nil
}

func (c *jsonCodec) write(v any) ([]byte, error) { return typecheck.WriteJSON(v) }

func (c *jsonCodec) Unmarshal(data []byte, v any) error {
	return typecheck.DecodeJSON(data, v)
}
