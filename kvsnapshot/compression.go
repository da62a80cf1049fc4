package kvsnapshot

import (
	"fmt"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
)

// Compression makes snapshots smaller.
type Compression byte

// The compressions. Their numbers are stored.
const (
	NoCompression Compression = iota
	S2                        // fast
	Zstd                      // small
)

// String returns the name of the compression.
func (c Compression) String() string {
	if int(c) < len(compressionNames) {
		return compressionNames[c]
	}
	return fmt.Sprintf("compression %d", byte(c))
}

var compressionNames = [...]string{"none", "s2", "zstd"}

// maxPlain is the size of a snapshot before compression, and thereby how much a
// small value can make a load allocate. No server takes larger messages.
const maxPlain = 64 << 20

// press compresses, and undoes it.
type press struct {
	zstdEncoder *zstd.Encoder
	zstdDecoder *zstd.Decoder
}

func newPress() (*press, error) {
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		return nil, err
	}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxPlain))
	return &press{encoder, decoder}, err
}

// append appends the compressed plain to value.
func (p *press) append(value []byte, c Compression, plain []byte) []byte {
	switch c {
	case S2:
		return append(value, s2.Encode(nil, plain)...)
	case Zstd:
		return p.zstdEncoder.EncodeAll(plain, value)
	}
	return append(value, plain...)
}

// undo returns what was compressed, of up to maxPlain bytes.
func (p *press) undo(c Compression, data []byte) ([]byte, error) {
	switch c {
	case NoCompression:
		return data, nil
	case S2:
		if n, err := s2.DecodedLen(data); err == nil && n > maxPlain {
			return nil, fmt.Errorf("has %d bytes before compression", n)
		}
		return s2.Decode(nil, data)
	case Zstd:
		return p.zstdDecoder.DecodeAll(data, nil)
	}
	return nil, fmt.Errorf("has unknown %v", c)
}
