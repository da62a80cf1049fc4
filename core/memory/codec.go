package memory

import (
	"fmt"
	"reflect"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/typecheck"
)

// Codec encodes events or states. Those of package codec are such.
type Codec interface {
	// Name returns what is kept beside each event.
	Name() string
	// Marshal returns the bytes of v, which belong to the caller.
	Marshal(v any) ([]byte, error)
	// Unmarshal decodes the bytes of one value into v, a non-nil pointer.
	Unmarshal(data []byte, v any) error
}

// kindCodec is a [Codec] that binds what it writes to a kind, as that of package
// codec/sealed does.
type kindCodec interface {
	MarshalKind(kind string, v any) ([]byte, error)
	MarshalState(kind string, v any) ([]byte, error)
	UnmarshalKind(kind string, data []byte, v any) error
}

// plainJSON is the codec of a store that was given none.
type plainJSON struct{}

func (plainJSON) Name() string                       { return "application/json" }
func (plainJSON) Marshal(v any) ([]byte, error)      { return typecheck.EncodeJSON(v) }
func (plainJSON) Unmarshal(data []byte, v any) error { return typecheck.DecodeJSON(data, v) }
func (plainJSON) Layout(t reflect.Type) string       { return typecheck.JSON.Layout(t) }

// NeedsKey reports whether the codec would store a key to encode an event.
func (s *Store[ID, M]) NeedsKey(event core.Event) bool {
	maker, ok := s.codec.(interface{ NeedsKey(v any) bool })
	return ok && maker.NeedsKey(event)
}

func encode(c Codec, kind string, v any) ([]byte, error) {
	if k, ok := c.(kindCodec); ok {
		return k.MarshalKind(kind, v)
	}
	return c.Marshal(v)
}

func decode(c Codec, kind string, data []byte, v any) error {
	if k, ok := c.(kindCodec); ok {
		return k.UnmarshalKind(kind, data, v)
	}
	return c.Unmarshal(data, v)
}

// encodeState encodes a value that must come back as it is.
func encodeState(c Codec, kind string, v any) ([]byte, error) {
	if k, ok := c.(kindCodec); ok {
		return k.MarshalState(kind, v)
	}
	data, err := c.Marshal(v)
	if err == nil {
		err = typecheck.Survives(c.Name(), v, data, c.Unmarshal)
	}
	return data, err
}

// layout identifies the layout of t as c sees it.
func layout(c Codec, t reflect.Type) string {
	if own, ok := c.(interface{ Layout(reflect.Type) string }); ok {
		return own.Layout(t)
	}
	return typecheck.Layout(t)
}

// known returns an error for the name of another codec.
func known(c Codec, name string) error {
	if name != c.Name() {
		return fmt.Errorf("unknown codec %q", name)
	}
	return nil
}
