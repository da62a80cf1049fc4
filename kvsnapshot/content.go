package kvsnapshot

import (
	"encoding/binary"
	"errors"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/kvsnapshot/internal/chunks"
)

// content is what a value holds.
type content struct {
	key      string // of the bucket, so that a value copied to another key is noticed
	codec    string // the name of the state's codec
	snapshot core.Snapshot[uint64]
	state    []byte // encoded; a decoded snapshot has no State
	length   int64  // of a state that is in chunks, before compression
	chunks   chunks.Set
	// compression is that of the value, and of the chunks. It is not encoded.
	compression Compression
}

// isVacant reports whether c stands for no snapshot: the first one is being written.
func (c *content) isVacant() bool { return c.codec == "" }

// isChunked reports whether the state is in chunks.
func (c *content) isChunked() bool { return c.chunks.Name != "" }

// encode returns the bytes of a content: each text after its length, numbers in
// 8 bytes, and the state last, or where its chunks are. A content has one encoding.
func (c content) encode() []byte {
	s := c.snapshot
	size := 256 + len(c.key) + len(c.codec) + len(s.EventID) + len(s.StoreID) + len(s.Table) + len(s.Layout) + len(c.state)
	for _, command := range s.Commands {
		size += minCommand + len(command.ID) + len(command.Fingerprint)
	}
	b := make([]byte, 0, size)
	for _, text := range []string{c.key, c.codec, s.StoreID, s.Table, s.Layout, s.EventID, c.chunks.Name} {
		b = appendText(b, text)
	}
	if c.isChunked() {
		b = appendText(b, c.chunks.Sum)
		for _, n := range []int64{int64(c.chunks.Count), c.chunks.Size, c.length} {
			b = binary.BigEndian.AppendUint64(b, uint64(n))
		}
	}
	b = binary.BigEndian.AppendUint64(b, s.Position)
	b = binary.BigEndian.AppendUint64(b, uint64(len(s.Commands)))
	for _, command := range s.Commands {
		b = appendText(b, command.ID)
		b = appendText(b, command.Fingerprint)
		b = binary.BigEndian.AppendUint64(b, command.Position)
	}
	return append(b, c.state...)
}

func appendText(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint64(b, uint64(len(s))), s...)
}

// minCommand is how many bytes a command takes at least.
const minCommand = 24

// decodeContent decodes what encode returned. The state is a part of data.
func decodeContent(data []byte) (content, error) {
	// All texts share this one copy: there may be a thousand commands.
	r := reader{rest: string(data)}
	c := content{key: r.text(), codec: r.text()}
	c.snapshot.StoreID, c.snapshot.Table, c.snapshot.Layout, c.snapshot.EventID = r.text(), r.text(), r.text(), r.text()
	if c.chunks.Name = r.text(); c.isChunked() {
		c.chunks.Sum = r.text()
		c.chunks.Count, c.chunks.Size, c.length = int(r.number()), int64(r.number()), int64(r.number())
	}
	c.snapshot.Position = r.number()
	count := r.number()
	if r.short || count > uint64(len(r.rest)/minCommand) {
		return content{}, errShort
	}
	if count > 0 {
		c.snapshot.Commands = make([]core.ProcessedCommand[uint64], count)
	}
	for i := range c.snapshot.Commands {
		c.snapshot.Commands[i] = core.ProcessedCommand[uint64]{ID: r.text(), Fingerprint: r.text(), Position: r.number()}
	}
	if r.short {
		return content{}, errShort
	}
	c.state = data[len(data)-len(r.rest):]
	return c, nil
}

var errShort = errors.New("ends too early")

// reader reads the parts of a content. Once there are too few bytes, everything
// that it returns is empty.
type reader struct {
	rest  string
	short bool // there were too few bytes
}

func (r *reader) bytes(n uint64) string {
	if r.short || n > uint64(len(r.rest)) {
		r.short = true
		return ""
	}
	read := r.rest[:n]
	r.rest = r.rest[n:]
	return read
}

func (r *reader) number() (n uint64) {
	for _, b := range []byte(r.bytes(8)) {
		n = n<<8 | uint64(b)
	}
	return n
}

func (r *reader) text() string { return r.bytes(r.number()) }
