package kvsnapshot

import (
	"fmt"
	"io"

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

// maxContent is the largest content of one value in bytes, before compression. It
// bounds how much memory a load takes for a small value. No server accepts messages
// that large.
const maxContent = 64 << 20

// compressor compresses and decompresses. It may be used by several goroutines
// at once.
type compressor struct {
	zstdEncoder *zstd.Encoder
	zstdDecoder *zstd.Decoder
}

func newCompressor() (*compressor, error) {
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		return nil, err
	}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxContent))
	return &compressor{encoder, decoder}, err
}

// append compresses data and appends the result to value.
func (z *compressor) append(value []byte, c Compression, data []byte) []byte {
	switch c {
	case S2:
		return append(value, s2.Encode(nil, data)...)
	case Zstd:
		return z.zstdEncoder.EncodeAll(data, value)
	}
	return append(value, data...)
}

// writer returns a writer that compresses into w. Close ends it, not w.
func (c Compression) writer(w io.Writer) (io.WriteCloser, error) {
	switch c {
	case S2:
		return s2.NewWriter(w, s2.WriterConcurrency(1)), nil
	case Zstd:
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	}
	return plainWriter{w}, nil
}

type plainWriter struct{ io.Writer }

func (plainWriter) Close() error { return nil }

// reader returns a reader of what was compressed into r, which takes little memory
// whatever r holds. Close ends it.
func (c Compression) reader(r io.Reader) (io.ReadCloser, error) {
	switch c {
	case NoCompression:
		return io.NopCloser(r), nil
	case S2:
		return io.NopCloser(s2.NewReader(r)), nil
	case Zstd:
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxContent))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	}
	return nil, fmt.Errorf("has unknown %v", c)
}

// decompress returns what was compressed, at most maxContent bytes.
func (z *compressor) decompress(c Compression, data []byte) ([]byte, error) {
	switch c {
	case NoCompression:
		return data, nil
	case S2:
		if n, err := s2.DecodedLen(data); err == nil && n > maxContent {
			return nil, fmt.Errorf("has %d bytes before compression", n)
		}
		return s2.Decode(nil, data)
	case Zstd:
		return z.zstdDecoder.DecodeAll(data, nil)
	}
	return nil, fmt.Errorf("has unknown %v", c)
}
