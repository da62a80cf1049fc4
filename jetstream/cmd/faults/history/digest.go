package history

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
)

// Digest returns a number that other texts have as good as never.
func Digest(texts ...string) uint64 {
	h := fnv.New64a()
	for _, t := range texts {
		_, _ = h.Write([]byte(t))
		_, _ = h.Write([]byte{0})
	}
	return h.Sum64()
}

// Fold returns the digest of a state after one more event: the event Index in
// Part of commit Op.
func Fold(state uint64, op string, part, index int) uint64 {
	return Digest(fmt.Sprint(state), op, fmt.Sprint(part), fmt.Sprint(index))
}

// Digests are many numbers that take little space in a file.
type Digests []uint64

// MarshalJSON returns the numbers as one text.
func (d Digests) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 8*len(d))
	for _, n := range d {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	return json.Marshal(base64.StdEncoding.EncodeToString(b))
}

// UnmarshalJSON reads what [Digests.MarshalJSON] wrote.
func (d *Digests) UnmarshalJSON(data []byte) error {
	var b []byte
	if err := json.Unmarshal(data, &b); err != nil {
		return err
	}
	if len(b)%8 != 0 {
		return fmt.Errorf("digests of %d bytes", len(b))
	}
	*d = nil
	for c := range slices.Chunk(b, 8) {
		*d = append(*d, binary.LittleEndian.Uint64(c))
	}
	return nil
}
