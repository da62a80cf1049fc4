package kvsnapshot

import (
	"context"
	"fmt"

	"github.com/jetsource/jetsource/core"
)

// LoadSnapshot decodes the stored snapshot of key into state, in one round trip.
// A [core.SnapshotReadError] has a [CorruptError] for a value that is not as it was
// written, a [codec.UnknownError] for a state in a codec that the store does not have,
// and a [core.NameError] for a key that the bucket cannot have.
func (s *Store[ID]) LoadSnapshot(ctx context.Context, key core.SnapshotKey[ID], state any) (core.Snapshot[uint64], bool, error) {
	var none core.Snapshot[uint64]
	name, err := bucketKey(s.ids, key)
	if err != nil {
		return none, false, &core.SnapshotReadError{Err: err}
	}
	bounded, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	e, err := s.bucket.get(bounded, name)
	if err != nil {
		return none, false, fmt.Errorf("load snapshot %s: %w", name, causeOr(ctx, err))
	}
	if e.revision == 0 {
		return none, false, nil
	}
	c, err := s.decodeValue(name, e.value)
	if err == nil {
		err = s.decodeState(c, state)
	}
	if err != nil {
		return none, false, fmt.Errorf("load snapshot %s: %w", name, &core.SnapshotReadError{Err: err})
	}
	return c.snapshot, true, nil
}

// decodeValue returns the content of the value of a key, or a [CorruptError].
func (s *Store[ID]) decodeValue(name string, value []byte) (content, error) {
	c, err := s.compressor.decodeValue(value)
	if err == nil && c.key != name {
		err = fmt.Errorf("is of key %.64q", c.key)
	}
	if err != nil {
		return content{}, &CorruptError{Key: name, Err: err}
	}
	return c, nil
}

// decodeState decodes the state of a content into state, a pointer.
func (s *Store[ID]) decodeState(c content, state any) error {
	decoder, err := s.codecs.ByName(c.codec)
	if err == nil {
		err = decoder.Unmarshal(c.state, state)
	}
	if err != nil {
		return fmt.Errorf("decode state: %w", err)
	}
	return nil
}
