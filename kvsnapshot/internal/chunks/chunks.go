// Package chunks stores bytes that are too many for one message as several, under keys
// of their own: prefix.set.number. Who has written them keeps a [Set], without which
// they mean nothing; a set is read whole and as it was written, or not at all.
package chunks

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"strconv"
)

// Bucket is where chunks are kept.
type Bucket interface {
	// PutChunk writes the value of a key and returns its sequence in the bucket, which is
	// later than that of any write before.
	PutChunk(ctx context.Context, key string, value []byte) (uint64, error)
	// GetChunk returns the value of a key, or nil if there is none.
	GetChunk(ctx context.Context, key string) ([]byte, error)
}

// Set is what tells which chunks belong together.
type Set struct {
	Name  string // of the set: a token, never used again
	Count int    // of chunks
	Size  int64  // of all bytes
	Sum   string // of all bytes
}

var (
	// ErrMissing is returned for a set of which a chunk is not there.
	ErrMissing = errors.New("lacks a chunk")
	// ErrDamaged is returned for a set that is not as it was written.
	ErrDamaged = errors.New("has a damaged chunk")
)

// newName returns a name that no other set has.
func newName() string { return rand.Text() }

func key(prefix, name string, number int) string {
	return prefix + "." + name + "." + strconv.Itoa(number)
}

// A chunk is magic, the sum of its key and its bytes, and the bytes.
const (
	magic  = "jsck"
	dataAt = len(magic) + sha256.Size
)

// MinSize is the size of the smallest chunk.
const MinSize = dataAt + 1

// seal completes a chunk whose bytes are in place.
func seal(key string, chunk []byte) {
	copy(chunk, magic)
	sum := sumOf(key, chunk[dataAt:])
	copy(chunk[len(magic):], sum[:])
}

// open returns the bytes of a chunk.
func open(key string, chunk []byte) ([]byte, error) {
	if len(chunk) < dataAt || string(chunk[:len(magic)]) != magic {
		return nil, ErrDamaged
	}
	if sum := sumOf(key, chunk[dataAt:]); string(sum[:]) != string(chunk[len(magic):dataAt]) {
		return nil, ErrDamaged
	}
	return chunk[dataAt:], nil
}

func sumOf(key string, data []byte) (sum [sha256.Size]byte) {
	h := sha256.New()
	h.Write([]byte(key))
	h.Write([]byte{0})
	h.Write(data)
	h.Sum(sum[:0])
	return sum
}
