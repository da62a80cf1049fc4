package codec

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// maxDepth bounds how deep values may be nested, as in encoding/json. The library has no such bound: it recurses until the
// stack is exhausted, and that ends the process.
const maxDepth = 10_000

// scan checks that data is exactly one MessagePack value. The library trusts every length that it reads, allocates that
// much before it reads on, and ignores what follows the value. So every length is compared with the data first.
//
// It returns the offsets, ascending, of bodies of extensions that begin like a map and are none: see [guardedReader].
func scan(data []byte) (falseMaps []int, err error) {
	s := scanner{data: data}
	if err := s.value(0); err != nil {
		return nil, err
	}
	if s.pos < len(data) {
		return nil, fmt.Errorf("%d bytes after the value", len(data)-s.pos)
	}
	return s.falseMaps, nil
}

// scanner passes over values, one after the other.
type scanner struct {
	data      []byte
	pos       int
	falseMaps []int // see scan
}

// value passes over one value of any type.
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

// counted passes over a value whose length is written after its code.
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

// count reads a length of size bytes. It returns -1 for a length that is larger than the rest of the data: everything
// that is counted takes at least one byte.
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

// skip passes over n bytes.
func (s *scanner) skip(n int) error {
	if n < 0 || n > len(s.data)-s.pos {
		return io.ErrUnexpectedEOF
	}
	s.pos += n
	return nil
}

// values passes over n values.
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
