package codec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// maxDepth is how deep values may be nested, as in encoding/json: the library's recursion has no end of its own, and a
// goroutine that runs out of stack takes the process along.
const maxDepth = 10_000

// internedID is the library's extension for a string that occurred before.
const internedID = 0x80

// scan reports whether data is exactly one MessagePack value. The library believes every length it reads and allocates
// for it first, and ignores what follows the value; so lengths are held against the data before it sees them.
//
// The library also takes a map for granted inside any extension, where a map is wanted, though its body may be anything.
// The traps are the offsets, ascending, of bodies that would be misread so.
func scan(data []byte) (traps []int, err error) {
	s := scanner{data: data}
	if err := s.value(0); err != nil {
		return nil, err
	}
	if s.pos < len(data) {
		return nil, fmt.Errorf("%d bytes after the value", len(data)-s.pos)
	}
	return s.traps, nil
}

type scanner struct {
	data  []byte
	pos   int
	traps []int
}

func (s *scanner) value(depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("nested deeper than %d", maxDepth)
	}
	if s.pos == len(s.data) {
		return io.ErrUnexpectedEOF
	}
	code := s.data[s.pos]
	s.pos++
	switch {
	case msgpcode.IsFixedNum(code):
		return nil
	case msgpcode.IsFixedString(code):
		return s.skip(int(code & msgpcode.FixedStrMask))
	case msgpcode.IsFixedArray(code):
		return s.values(int(code&msgpcode.FixedArrayMask), depth)
	case msgpcode.IsFixedMap(code):
		return s.values(2*int(code&msgpcode.FixedMapMask), depth)
	case msgpcode.IsFixedExt(code):
		return s.ext(1<<(code-msgpcode.FixExt1), depth)
	}
	switch code {
	case msgpcode.Nil, msgpcode.False, msgpcode.True:
		return nil
	case msgpcode.Uint8, msgpcode.Int8:
		return s.skip(1)
	case msgpcode.Uint16, msgpcode.Int16:
		return s.skip(2)
	case msgpcode.Uint32, msgpcode.Int32, msgpcode.Float:
		return s.skip(4)
	case msgpcode.Uint64, msgpcode.Int64, msgpcode.Double:
		return s.skip(8)
	}
	return s.counted(code, depth)
}

// counted goes over a value whose length is written after its code.
func (s *scanner) counted(code byte, depth int) error {
	switch code {
	case msgpcode.Str8, msgpcode.Bin8:
		return s.skip(s.count(1))
	case msgpcode.Str16, msgpcode.Bin16:
		return s.skip(s.count(2))
	case msgpcode.Str32, msgpcode.Bin32:
		return s.skip(s.count(4))
	case msgpcode.Array16:
		return s.values(s.count(2), depth)
	case msgpcode.Array32:
		return s.values(s.count(4), depth)
	case msgpcode.Map16:
		return s.values(2*s.count(2), depth)
	case msgpcode.Map32:
		return s.values(2*s.count(4), depth)
	case msgpcode.Ext8:
		return s.ext(s.count(1), depth)
	case msgpcode.Ext16:
		return s.ext(s.count(2), depth)
	case msgpcode.Ext32:
		return s.ext(s.count(4), depth)
	}
	return fmt.Errorf("invalid code %#x at byte %d", code, s.pos-1)
}

// count reads a length of size bytes. It gives -1 for one that the rest of the data cannot hold, at a byte for each.
func (s *scanner) count(size int) int {
	if size > len(s.data)-s.pos {
		return -1
	}
	var n [4]byte
	copy(n[4-size:], s.data[s.pos:])
	s.pos += size
	count := int64(binary.BigEndian.Uint32(n[:]))
	if count > int64(len(s.data)-s.pos) {
		return -1
	}
	return int(count)
}

func (s *scanner) skip(n int) error {
	if n < 0 || n > len(s.data)-s.pos {
		return io.ErrUnexpectedEOF
	}
	s.pos += n
	return nil
}

func (s *scanner) values(n, depth int) error {
	if n < 0 || n > len(s.data)-s.pos {
		return io.ErrUnexpectedEOF
	}
	for range n {
		if err := s.value(depth + 1); err != nil {
			return err
		}
	}
	return nil
}

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
				// Read byte by byte, as a map would be: the trap would spring on it.
				return errors.New("too many interned strings")
			}
			s.traps = append(s.traps, start)
			return nil
		}
	}
	s.traps = append(s.traps, body.traps...)
	return nil
}

func startsMap(code byte) bool {
	return msgpcode.IsFixedMap(code) || code == msgpcode.Map16 || code == msgpcode.Map32
}

// trappedReader gives the library the bytes of a value, but no single byte at a trap: bodies of extensions are read at
// once, and only for the code of a map is their first byte read alone.
type trappedReader struct {
	*bytes.Reader
	traps []int
}

func (r *trappedReader) ReadByte() (byte, error) {
	pos := int(r.Size()) - r.Len()
	if _, ok := slices.BinarySearch(r.traps, pos); ok {
		return 0, fmt.Errorf("extension in place of a map at byte %d", pos)
	}
	return r.Reader.ReadByte()
}
