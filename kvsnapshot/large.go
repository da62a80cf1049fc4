package kvsnapshot

import (
	"context"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/kvsnapshot/internal/chunks"
)

// A large state is written in this order. A writer that is killed on the way leaves the
// snapshot that there was, and chunks that the next one removes.
//
//  1. The value of the key is marked as unfinished, unless it has chunks already: so the
//     next writer knows that it has to look for chunks.
//  2. The chunks, under the key and a name of their own that no value knows yet.
//  3. The value that knows them, if the key is still at the revision of 1.
//  4. All chunks are removed that were written before the first of 2.
//
// Step 4 removes no chunks of a writer that can still succeed: that one has begun before
// 3, on another revision, so its own 3 fails.

// The limits of an aggregate, whose commands wait.
const (
	maxAggregate       = 4 << 20 // bytes
	maxAggregateChunks = 16
)

// maxSize returns how many bytes the state of a key may have.
func (s *Store[ID]) maxSize(key core.SnapshotKey[ID]) int64 {
	if key.Role != core.AggregateSnapshot {
		return s.cfg.MaxSize
	}
	return min(s.cfg.MaxSize, maxAggregate, int64(maxAggregateChunks*(s.chunks.size()-chunks.MinSize)))
}

// writeLarge writes a content whose state takes chunks in place of e. It returns false
// if another writer was faster.
func (s *Store[ID]) writeLarge(ctx context.Context, c content, e entry) (bool, error) {
	revision, err := s.announce(ctx, c.key, e)
	if revision == 0 || err != nil {
		return false, err
	}
	w := chunks.NewWriter(ctx, s.chunks, c.key, s.chunks.size())
	first, err := s.writeChunks(w, &c)
	if err != nil {
		s.giveUp(ctx, c.key, w.Name())
		return false, err
	}
	value := s.compressor.encodeValue(s.cfg.Compression, c.encode())
	if limit := s.bucket.limit(); len(value) > limit {
		s.giveUp(ctx, c.key, w.Name())
		return false, &core.SnapshotCreateError{Err: &TooLargeError{Key: c.key, Size: len(value), Limit: limit}}
	}
	revision, err = s.bucket.put(ctx, c.key, value, revision)
	if err != nil {
		return false, err // it may have been stored
	}
	if revision == 0 {
		s.giveUp(ctx, c.key, w.Name())
		return false, nil
	}
	_ = s.chunks.removeBefore(ctx, c.key, first) // what stays is removed by the next one
	return true, nil
}

// announce marks the value of a key, and returns its revision; 0 if another writer was
// faster.
func (s *Store[ID]) announce(ctx context.Context, name string, e entry) (uint64, error) {
	if e.revision > 0 && s.mayHaveChunks(name, e.value) {
		return e.revision, nil
	}
	value := s.compressor.encodeValue(NoCompression, content{key: name}.encode())
	if e.revision > 0 {
		if _, err := s.decodeValue(name, e.value); err == nil {
			value = e.value
		}
	}
	return s.bucket.put(ctx, name, marked(value), e.revision)
}

// mayHaveChunks reports whether there may be chunks of a key, by its value.
func (s *Store[ID]) mayHaveChunks(name string, value []byte) bool {
	c, err := s.decodeValue(name, value)
	return err != nil || c.isChunked() || isUnfinished(value)
}

// writeChunks writes the state of a content, and returns the sequence of the first chunk.
func (s *Store[ID]) writeChunks(w *chunks.Writer, c *content) (first uint64, err error) {
	compressed, err := s.cfg.Compression.writer(w)
	if err != nil {
		return 0, err
	}
	_, err = compressed.Write(c.state)
	if err := compressed.Close(); err != nil {
		return 0, err
	}
	if err != nil {
		return 0, err
	}
	c.length, c.state = int64(len(c.state)), nil
	c.chunks, first, err = w.Close()
	return first, err
}

// giveUp removes the chunks of a write that failed. Those that stay are removed by the
// next one.
func (s *Store[ID]) giveUp(ctx context.Context, name, set string) {
	if ctx.Err() == nil {
		_ = s.chunks.removeSet(ctx, name, set)
	}
}

// writeSmall writes a value in place of e, and removes the chunks of what was there. It
// returns false if another writer was faster.
func (s *Store[ID]) writeSmall(ctx context.Context, name string, value []byte, e entry) (bool, error) {
	if e.revision == 0 || !s.mayHaveChunks(name, e.value) {
		revision, err := s.bucket.put(ctx, name, value, e.revision)
		return revision > 0, err
	}
	revision, err := s.bucket.put(ctx, name, marked(value), e.revision)
	if revision == 0 || err != nil {
		return false, err
	}
	if err := s.chunks.removeBefore(ctx, name, revision); err != nil {
		return true, nil //nolint:nilerr // it is stored, with the mark: the next one removes them
	}
	// Without the mark. It may stay: then the next writer looks once more.
	_, _ = s.bucket.put(ctx, name, value, revision)
	return true, nil
}
