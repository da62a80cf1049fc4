package history

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
)

// Numbers are many numbers that take little space in a file: base64 of eight
// bytes each.
type Numbers []uint64

// MarshalJSON returns the numbers as one string.
func (n Numbers) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 8*len(n))
	for _, x := range n {
		b = binary.LittleEndian.AppendUint64(b, x)
	}
	return json.Marshal(b)
}

// UnmarshalJSON reads what [Numbers.MarshalJSON] wrote.
func (n *Numbers) UnmarshalJSON(data []byte) error {
	var b []byte
	if err := json.Unmarshal(data, &b); err != nil {
		return err
	}
	if len(b)%8 != 0 {
		return fmt.Errorf("numbers of %d bytes, want a multiple of 8", len(b))
	}
	*n = nil
	for c := range slices.Chunk(b, 8) {
		*n = append(*n, binary.LittleEndian.Uint64(c))
	}
	return nil
}
