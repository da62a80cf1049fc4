package history

import (
	"fmt"
	"hash/fnv"
)

// Digest returns a hash of texts and of where each of them ends.
func Digest(texts ...string) uint64 {
	h := fnv.New64a()
	for _, t := range texts {
		_, _ = h.Write([]byte(t))
		_, _ = h.Write([]byte{0})
	}
	return h.Sum64()
}

// Fold returns the digest of an aggregate after one more event: event index of a
// part of commit op. It depends on all events and on their order.
func Fold(state uint64, op string, part, index int) uint64 {
	return Digest(fmt.Sprint(state), op, fmt.Sprint(part), fmt.Sprint(index))
}
