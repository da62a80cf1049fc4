package codec

// KindCodec is a [Codec] that binds what it writes to the kind of the event, or of the state, so that bytes of one kind
// are never read as another. Package sealed has one. [Encode], [EncodeState] and [Decode] call these methods in place of
// Marshal and Unmarshal.
type KindCodec interface {
	Codec

	// MarshalKind is Marshal of an event. It answers for what it returns: that is not read back.
	MarshalKind(kind string, v any) ([]byte, error)

	// MarshalState is MarshalKind of a value that must come back as it is, or else it is a [*ChangedError].
	MarshalState(kind string, v any) ([]byte, error)

	// UnmarshalKind is Unmarshal of what was written for the same kind.
	UnmarshalKind(kind string, data []byte, v any) error
}

// KeyMaker is a [KindCodec] that stores a key before it encodes the first value about a person.
type KeyMaker interface {
	KindCodec

	// NeedsKey reports whether to encode v would store a key. A store asks, so that a command that it refuses leaves
	// none behind. False is also for a value that cannot be encoded.
	NeedsKey(v any) bool
}

// Decode decodes the bytes of one value into v, a non-nil pointer. The kind is the one that they were encoded for.
func Decode(c Codec, kind string, data []byte, v any) error {
	if k, ok := c.(KindCodec); ok {
		return k.UnmarshalKind(kind, data, v)
	}
	return c.Unmarshal(data, v)
}
