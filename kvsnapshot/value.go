package kvsnapshot

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
)

// A value is, in this order: magic, the number of its format, its compression, a
// checksum over these three and over what follows, and the compressed content.
const (
	magic     = "jsnp"
	format    = 2
	sumAt     = len(magic) + 2
	contentAt = sumAt + sha256.Size
)

// encodeValue returns the value for an encoded content.
func (z *compressor) encodeValue(c Compression, data []byte) []byte {
	value := make([]byte, contentAt, contentAt+len(data))
	copy(value, magic)
	value[len(magic)], value[len(magic)+1] = format, byte(c)
	value = z.append(value, c, data)
	sum := checksum(value)
	copy(value[sumAt:], sum[:])
	return value
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
	data, err := z.decompress(Compression(value[len(magic)+1]), value[contentAt:])
	if err != nil {
		return content{}, err
	}
	return decodeContent(data)
}

// checksum returns the checksum over all of a value but the checksum itself.
func checksum(value []byte) (sum [sha256.Size]byte) {
	h := sha256.New()
	h.Write(value[:sumAt])
	h.Write(value[contentAt:])
	h.Sum(sum[:0])
	return sum
}
