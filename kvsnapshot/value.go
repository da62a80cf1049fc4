package kvsnapshot

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
)

// A value is, in this order: magic, the number of its format, its compression with the
// mark unfinished, a checksum over these and over what follows, and the compressed
// content.
const (
	magic     = "jsnp"
	format    = 3
	sumAt     = len(magic) + 2
	contentAt = sumAt + sha256.Size
)

// encodeValue returns the value for an encoded content.
func (z *compressor) encodeValue(c Compression, data []byte) []byte {
	value := make([]byte, contentAt, contentAt+len(data))
	copy(value, magic)
	value[len(magic)], value[len(magic)+1] = format, byte(c)
	return sealed(z.append(value, c&^unfinished, data))
}

// sealed returns a value with its checksum.
func sealed(value []byte) []byte {
	sum := checksum(value)
	copy(value[sumAt:], sum[:])
	return value
}

// unfinished marks a value that a writer of chunks has met, or left, at its work: there
// may be chunks that no value knows.
const unfinished Compression = 0x80

// isUnfinished reports whether a value that can be read has the mark.
func isUnfinished(value []byte) bool { return Compression(value[len(magic)+1])&unfinished != 0 }

// marked returns a value with the mark.
func marked(value []byte) []byte {
	value = bytes.Clone(value)
	value[len(magic)+1] |= byte(unfinished)
	return sealed(value)
}

// decodeValue returns the content of a value.
func (z *compressor) decodeValue(value []byte) (content, error) {
	switch {
	case len(value) < contentAt || string(value[:len(magic)]) != magic:
		return content{}, errors.New("is not a snapshot")
	case value[len(magic)] != format:
		return content{}, fmt.Errorf("has unknown format %d", value[len(magic)])
	}
	if sum := checksum(value); subtle.ConstantTimeCompare(sum[:], value[sumAt:contentAt]) == 0 {
		return content{}, errors.New("does not match its checksum")
	}
	compression := Compression(value[len(magic)+1]) &^ unfinished
	data, err := z.decompress(compression, value[contentAt:])
	if err != nil {
		return content{}, err
	}
	c, err := decodeContent(data)
	c.compression = compression
	return c, err
}

// checksum returns the checksum over all of a value but the checksum itself.
func checksum(value []byte) (sum [sha256.Size]byte) {
	h := sha256.New()
	h.Write(value[:sumAt])
	h.Write(value[contentAt:])
	h.Sum(sum[:0])
	return sum
}
