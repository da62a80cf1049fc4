package kvsnapshot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"time"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/kvsnapshot/internal/chunks"
)

// LoadSnapshot decodes the stored snapshot of key into state: in one round trip, and one
// for each chunk of a large one. A [core.SnapshotReadError] has a [CorruptError] for a
// value that is not as it was written, a [codec.UnknownError] for a state in a codec that
// the store does not have, [core.ErrSnapshotLayout] for one of another layout, a
// [TooLargeError] for one over the limit, and a [core.NameError] for a key that the
// bucket cannot have.
func (s *Store[ID]) LoadSnapshot(ctx context.Context, key core.SnapshotKey[ID], state any) (core.Snapshot[uint64], bool, error) {
	name, err := bucketKey(s.ids, key)
	if err != nil {
		return core.Snapshot[uint64]{}, false, &core.SnapshotReadError{Err: err}
	}
	snapshot, ok, err := s.load(ctx, name, state)
	if err != nil {
		return core.Snapshot[uint64]{}, false, fmt.Errorf("load snapshot %s: %w", name, causeOr(ctx, err))
	}
	return snapshot, ok, nil
}

// maxRereads is how often a set is read again that lacks a chunk although its value is
// still there: a replica may lag behind.
const maxRereads = 5

var missingBackoff = core.Backoff{First: 2 * time.Millisecond, Max: 50 * time.Millisecond}

// load reads the snapshot of a key, and reads it again if another one takes its place
// meanwhile.
func (s *Store[ID]) load(ctx context.Context, name string, state any) (none core.Snapshot[uint64], ok bool, err error) {
	var last uint64
	for missing := 0; ; {
		e, err := s.bucket.get(ctx, name)
		if err != nil || e.revision == 0 {
			return none, false, err
		}
		c, err := s.decodeValue(name, e.value)
		if err == nil && c.isVacant() {
			return none, false, nil
		}
		if err == nil {
			err = s.decodeState(ctx, c, state)
		}
		if err == nil {
			return c.snapshot, true, nil
		}
		if !errors.Is(err, chunks.ErrMissing) {
			return none, false, err
		}
		if missing++; e.revision != last {
			missing, last = 0, e.revision
		}
		if missing == maxRereads {
			return none, false, corrupt(name, err)
		}
		if err := missingBackoff.Wait(ctx, missing); err != nil {
			return none, false, err
		}
	}
}

// decodeValue returns the content of the value of a key, or a [CorruptError].
func (s *Store[ID]) decodeValue(name string, value []byte) (content, error) {
	c, err := s.compressor.decodeValue(value)
	if err == nil && c.key != name {
		err = fmt.Errorf("is of key %.64q", c.key)
	}
	if err != nil {
		return content{}, corrupt(name, err)
	}
	return c, nil
}

func corrupt(name string, err error) error {
	return &core.SnapshotReadError{Err: &CorruptError{Key: name, Err: err}}
}

// decodeState decodes the state of a content into state, a pointer.
func (s *Store[ID]) decodeState(ctx context.Context, c content, state any) error {
	decoder, err := s.codecs.ByName(c.codec)
	if err == nil {
		err = core.CheckSnapshotLayout(c.snapshot.Layout, state, func(t reflect.Type) string { return codec.Layout(decoder, t) })
	}
	if err != nil {
		return &core.SnapshotReadError{Err: fmt.Errorf("decode state: %w", err)}
	}
	if c.isChunked() {
		if c.state, err = s.readChunks(ctx, c); err != nil {
			return err
		}
	}
	if err := codec.Decode(decoder, stateKind(c.key), c.state, state); err != nil {
		return &core.SnapshotReadError{Err: fmt.Errorf("decode state: %w", err)}
	}
	return nil
}

// readChunks returns the encoded state of a content. It has checked all of it.
func (s *Store[ID]) readChunks(ctx context.Context, c content) ([]byte, error) {
	if c.length < 0 || c.length > s.cfg.MaxSize {
		return nil, &core.SnapshotReadError{Err: &TooLargeError{Key: c.key, Size: int(c.length), Limit: int(s.cfg.MaxSize)}}
	}
	set := chunks.NewReader(ctx, s.chunks, c.key, c.chunks)
	r, err := c.compression.reader(set)
	if err != nil {
		return nil, corrupt(c.key, err)
	}
	defer func() { _ = r.Close() }()
	state := make([]byte, c.length)
	_, err = io.ReadFull(r, state)
	if err == nil {
		var more int64
		if more, err = io.Copy(io.Discard, io.LimitReader(r, 1)); more > 0 {
			err = chunks.ErrDamaged
		}
	}
	if err == nil {
		_, err = io.Copy(io.Discard, set) // to the sum at its end
	}
	return state, s.chunkError(ctx, c.key, set, err)
}

// chunkError returns the error of reading a set: what a decompressor makes of one does
// not count.
func (s *Store[ID]) chunkError(ctx context.Context, name string, set *chunks.Reader, err error) error {
	switch {
	case err == nil:
		return nil
	case set.Err() == nil, errors.Is(set.Err(), chunks.ErrDamaged):
		return corrupt(name, err)
	default:
		return causeOr(ctx, set.Err())
	}
}
