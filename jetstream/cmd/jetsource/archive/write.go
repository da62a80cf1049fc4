package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash"
	"io"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
)

// partBytes is the size of a part before it is compressed, at which the next one begins.
const partBytes = 32 << 20

// end is the last line of a part.
type end struct {
	Lines  int    `json:"lines"`
	SHA256 string `json:"sha256"`
}

// Writer adds messages to an archive, in parts. What was added since the last part is not
// in it until Close.
type Writer struct {
	archive *Archive
	buffer  bytes.Buffer
	zip     *zstd.Encoder
	hash    hash.Hash
	lines   int
	size    int
	part    part
}

// Writer returns what adds messages after the last one.
func (a *Archive) Writer() (*Writer, error) {
	w := &Writer{archive: a, hash: sha256.New()}
	var err error
	w.zip, err = zstd.NewWriter(&w.buffer, zstd.WithEncoderConcurrency(1))
	return w, err
}

// Add adds the next message. It writes a part when enough are together.
func (w *Writer) Add(l Line) error {
	if w.lines == 0 {
		w.part.from = l.Position
	}
	w.part.to = l.Position
	if err := w.line(l, w.hash); err != nil {
		return err
	}
	if w.lines++; w.size < partBytes {
		return nil
	}
	return w.flush()
}

func (w *Writer) line(v any, h io.Writer) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	text = append(text, '\n')
	w.size += len(text)
	_, _ = h.Write(text) // a hash takes everything
	_, err = w.zip.Write(text)
	return err
}

// flush writes a part.
func (w *Writer) flush() error {
	if w.lines == 0 {
		return nil
	}
	if err := w.line(end{w.lines, hex.EncodeToString(w.hash.Sum(nil))}, io.Discard); err != nil {
		return err
	}
	if err := w.zip.Close(); err != nil {
		return err
	}
	w.part.name = nameOf(w.part)
	if err := writeFile(filepath.Join(w.archive.dir, w.part.name), w.buffer.Bytes()); err != nil {
		return err
	}
	w.archive.parts = append(w.archive.parts, w.part)
	w.buffer.Reset()
	w.zip.Reset(&w.buffer)
	w.hash.Reset()
	w.lines, w.size = 0, 0
	return nil
}

// Close writes what is left.
func (w *Writer) Close() error { return w.flush() }
