package codec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// internedID is the library's extension for a string that occurred before.
const internedID = 0x80

// ext passes over an extension with a body of n bytes. Where the library expects a map, it accepts any extension and
// reads its body as one. A body that begins like a map is therefore scanned as values; if it is none, its offset is a
// false map.
func (s *scanner) ext(n, depth int) error {
	if n < 0 || n >= len(s.data)-s.pos {
		return io.ErrUnexpectedEOF
	}
	id := s.data[s.pos]
	start := s.pos + 1
	s.pos = start + n
	if n == 0 || !startsMap(s.data[start]) {
		return nil
	}
	body := scanner{data: s.data[:s.pos], pos: start}
	for body.pos < s.pos {
		if err := body.value(depth + 1); err != nil {
			if id == internedID {
				// The library reads these bodies byte by byte, too: the guard could not tell them from a map.
				return errors.New("too many interned strings")
			}
			s.falseMaps = append(s.falseMaps, start)
			return nil
		}
	}
	s.falseMaps = append(s.falseMaps, body.falseMaps...)
	return nil
}

func startsMap(code byte) bool {
	return msgpcode.IsFixedMap(code) || code == msgpcode.Map16 || code == msgpcode.Map32
}

// guardedReader keeps the library from reading the body of an extension as a map when it is none. The library reads the
// body of an extension with Read, and the code of a map with ReadByte: at a false map ReadByte is an error.
type guardedReader struct {
	*bytes.Reader
	falseMaps []int // offsets, ascending
}

func (r *guardedReader) ReadByte() (byte, error) {
	pos := int(r.Size()) - r.Len()
	if _, ok := slices.BinarySearch(r.falseMaps, pos); ok {
		return 0, fmt.Errorf("extension in place of a map at byte %d", pos)
	}
	return r.Reader.ReadByte()
}
