package kvsnapshot

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/jetsource/jetsource/core"
)

// A value is, in this order: magic, the number of its format, its compression, a
// checksum over these two and all that follows, and the compressed content.
const (
	magic    = "jsnp"
	format   = 1
	atSum    = len(magic) + 2
	atPacked = atSum + sha256.Size
)

// content is what a value holds. Its key tells a value that was moved to another
// key.
type content struct {
	key   string
	codec string
	snap  core.Snapshot[uint64] // without its state
	state []byte                // encoded
}

// seal makes a value.
func (p *press) seal(c Compression, plain []byte) []byte {
	value := make([]byte, atPacked, atPacked+len(plain))
	copy(value, magic)
	value[len(magic)], value[len(magic)+1] = format, byte(c)
	value = p.append(value, c, plain)
	sum := checksum(value)
	copy(value[atSum:], sum[:])
	return value
}

// unseal returns the content of a value, still encoded.
func (p *press) unseal(value []byte) ([]byte, error) {
	switch {
	case len(value) < atPacked || string(value[:len(magic)]) != magic:
		return nil, errors.New("is not a snapshot")
	case value[len(magic)] != format:
		return nil, fmt.Errorf("has unknown format %d", value[len(magic)])
	}
	if sum := checksum(value); subtle.ConstantTimeCompare(sum[:], value[atSum:atPacked]) == 0 {
		return nil, errors.New("does not match its checksum")
	}
	return p.undo(Compression(value[len(magic)+1]), value[atPacked:])
}

func checksum(value []byte) (sum [sha256.Size]byte) {
	h := sha256.New()
	h.Write(value[:atSum])
	h.Write(value[atPacked:])
	h.Sum(sum[:0])
	return sum
}

// encode writes the content: texts after their lengths, numbers in 8 bytes, the
// state last. There is one way to write a content.
func (c content) encode() []byte {
	size := 64 + len(c.key) + len(c.codec) + len(c.snap.EventID) + len(c.snap.StoreID) + len(c.snap.Table) + len(c.state)
	for _, command := range c.snap.Commands {
		size += 16 + len(command.ID)
	}
	b := make([]byte, 0, size)
	for _, s := range []string{c.key, c.codec, c.snap.StoreID, c.snap.Table, c.snap.EventID} {
		b = appendText(b, s)
	}
	b = binary.BigEndian.AppendUint64(b, c.snap.Position)
	b = binary.BigEndian.AppendUint64(b, uint64(len(c.snap.Commands)))
	for _, command := range c.snap.Commands {
		b = appendText(b, command.ID)
		b = binary.BigEndian.AppendUint64(b, command.Position)
	}
	return append(b, c.state...)
}

func appendText(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint64(b, uint64(len(s))), s...)
}

// decodeContent reads what encode wrote. The state is a part of plain.
func decodeContent(plain []byte) (content, error) {
	// A thousand commands would be as many texts: here they share one.
	r := reader{rest: string(plain)}
	c := content{key: r.text(), codec: r.text()}
	c.snap.StoreID, c.snap.Table, c.snap.EventID = r.text(), r.text(), r.text()
	c.snap.Position = r.number()
	count := r.number()
	if r.short || count > uint64(len(r.rest)/16) { // which is what so many take at least
		return content{}, errShort
	}
	if count > 0 {
		c.snap.Commands = make([]core.ProcessedCommand[uint64], count)
	}
	for i := range c.snap.Commands {
		c.snap.Commands[i] = core.ProcessedCommand[uint64]{ID: r.text(), Position: r.number()}
	}
	if r.short {
		return content{}, errShort
	}
	c.state = plain[len(plain)-len(r.rest):]
	return c, nil
}

var errShort = errors.New("ends too early")

// reader takes a content apart. Once it is short of bytes, all it reads is
// empty.
type reader struct {
	rest  string
	short bool
}

func (r *reader) take(n uint64) string {
	if r.short || n > uint64(len(r.rest)) {
		r.short = true
		return ""
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *reader) number() (n uint64) {
	for _, b := range []byte(r.take(8)) {
		n = n<<8 | uint64(b)
	}
	return n
}

func (r *reader) text() string { return r.take(r.number()) }
