package chunks

import (
	"context"
	"crypto/sha256"
	"hash"
)

// Writer writes a set, one chunk after the other. It holds one chunk.
type Writer struct {
	ctx    context.Context
	bucket Bucket
	prefix string
	set    Set
	first  uint64 // sequence of the first chunk
	chunk  []byte // with room for its head
	sum    hash.Hash
}

// NewWriter returns a writer of chunks of up to size bytes, under keys that begin with
// prefix.
func NewWriter(ctx context.Context, bucket Bucket, prefix string, size int) *Writer {
	return &Writer{
		ctx: ctx, bucket: bucket, prefix: prefix, set: Set{Name: newName()},
		chunk: make([]byte, dataAt, max(size, MinSize)), sum: sha256.New(),
	}
}

// Write takes bytes, and writes the chunks that are full.
func (w *Writer) Write(data []byte) (int, error) {
	taken := 0
	for taken < len(data) {
		n := min(cap(w.chunk)-len(w.chunk), len(data)-taken)
		w.chunk = append(w.chunk, data[taken:taken+n]...)
		taken += n
		if len(w.chunk) == cap(w.chunk) {
			if err := w.flush(); err != nil {
				return taken, err
			}
		}
	}
	return taken, nil
}

func (w *Writer) flush() error {
	name := key(w.prefix, w.set.Name, w.set.Count)
	seal(name, w.chunk)
	sequence, err := w.bucket.PutChunk(w.ctx, name, w.chunk)
	if err != nil {
		return err
	}
	if w.set.Count == 0 {
		w.first = sequence
	}
	w.sum.Write(w.chunk[dataAt:])
	w.set.Size += int64(len(w.chunk) - dataAt)
	w.set.Count++
	w.chunk = w.chunk[:dataAt]
	return nil
}

// Close writes the last chunk and returns the set, and the sequence of its first chunk.
func (w *Writer) Close() (set Set, first uint64, err error) {
	if len(w.chunk) > dataAt {
		if err := w.flush(); err != nil {
			return Set{}, 0, err
		}
	}
	w.set.Sum = string(w.sum.Sum(nil))
	return w.set, w.first, nil
}

// Name returns the name of the set.
func (w *Writer) Name() string { return w.set.Name }
