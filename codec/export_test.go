package codec

// Write encodes v as c does, without reading it back.
func Write(c Codec, v any) ([]byte, error) { return c.(ownCodec).write(v) }
