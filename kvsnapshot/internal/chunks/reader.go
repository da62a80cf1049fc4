package chunks

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
)

// Reader reads a set, one chunk after the other. It holds one chunk. The bytes that it
// returned are those that were written only once it has returned [io.EOF].
type Reader struct {
	ctx    context.Context
	bucket Bucket
	prefix string
	set    Set
	err    error // the first one
	progress
}

// progress is what was read so far.
type progress struct {
	next int    // number of the next chunk
	rest []byte // of the chunk before
	size int64
	sum  hash.Hash
}

// NewReader returns a reader of a set.
func NewReader(ctx context.Context, bucket Bucket, prefix string, set Set) *Reader {
	return &Reader{ctx: ctx, bucket: bucket, prefix: prefix, set: set, progress: progress{sum: sha256.New()}}
}

// Err returns the first error of Read, if it was not [io.EOF]: what reads from a Reader
// may return others.
func (r *Reader) Err() error { return r.err }

// Read returns [ErrMissing] or [ErrDamaged] for a set that cannot be read.
func (r *Reader) Read(into []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.read(into)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

func (r *Reader) read(into []byte) (int, error) {
	for len(r.rest) == 0 {
		if r.next == r.set.Count {
			if r.size != r.set.Size || string(r.sum.Sum(nil)) != r.set.Sum {
				return 0, ErrDamaged
			}
			return 0, io.EOF
		}
		if err := r.fetch(); err != nil {
			return 0, err
		}
	}
	n := copy(into, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *Reader) fetch() error {
	name := key(r.prefix, r.set.Name, r.next)
	chunk, err := r.bucket.GetChunk(r.ctx, name)
	if err != nil {
		return err
	}
	if chunk == nil {
		return ErrMissing
	}
	if r.rest, err = open(name, chunk); err != nil {
		return err
	}
	r.sum.Write(r.rest)
	r.size += int64(len(r.rest))
	r.next++
	return nil
}
