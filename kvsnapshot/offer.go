package kvsnapshot

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
)

// OfferSnapshot takes a snapshot if the policy asks for one, and stores it if it
// supersedes the stored one. A [core.SnapshotCreateError] has a [TooLargeError] for a
// snapshot that is too large, a [codec.HiddenFieldError] for a state with fields that
// the codec would lose, and a [codec.ChangedError] for one that would come back as
// another one.
func (s *Store[ID]) OfferSnapshot(ctx context.Context, key core.SnapshotKey[ID], eventsSince int, create func() (core.Snapshot[uint64], error)) (core.SnapshotOffer, error) {
	if !s.cfg.Policy.Due(eventsSince) {
		return core.Declined, nil
	}
	name, err := bucketKey(s.ids, key)
	if err != nil {
		return core.Declined, &core.SnapshotCreateError{Err: err}
	}
	if ctx.Err() != nil {
		return core.Declined, context.Cause(ctx)
	}
	snapshot, err := create()
	if err != nil {
		return core.Declined, &core.SnapshotCreateError{Err: err}
	}
	state, err := codec.EncodeState(s.cfg.Codec, snapshot.State)
	if err != nil {
		return core.Declined, &core.SnapshotCreateError{Err: err}
	}
	value, err := s.encodeValue(content{key: name, codec: s.cfg.Codec.Name(), snapshot: snapshot, state: state})
	if err != nil {
		return core.Declined, fmt.Errorf("store snapshot %s: %w", name, &core.SnapshotCreateError{Err: err})
	}
	bounded, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	offer, err := s.replace(bounded, name, snapshot, value)
	if err != nil {
		return core.Declined, fmt.Errorf("store snapshot %s: %w", name, causeOr(ctx, err))
	}
	return offer, nil
}

// encodeValue returns the value of a content, or a [TooLargeError].
func (s *Store[ID]) encodeValue(c content) ([]byte, error) {
	data := c.encode()
	if len(data) > maxContent {
		return nil, &TooLargeError{Key: c.key, Size: len(data), Limit: maxContent}
	}
	value := s.compressor.encodeValue(s.cfg.Compression, data)
	if limit := s.bucket.limit(); len(value) > limit {
		return nil, &TooLargeError{Key: c.key, Size: len(value), Limit: limit}
	}
	return value, nil
}

// conflictBackoff is for several writers of one key. A write takes one round
// trip.
var conflictBackoff = core.Backoff{First: time.Millisecond, Max: 50 * time.Millisecond}

// replace reads the stored value and, if snapshot supersedes it, writes value in
// its place. If another writer has written in between, it reads again.
func (s *Store[ID]) replace(ctx context.Context, name string, snapshot core.Snapshot[uint64], value []byte) (core.SnapshotOffer, error) {
	for attempt := 0; ; attempt++ {
		e, err := s.bucket.get(ctx, name)
		if err != nil {
			return core.Declined, err
		}
		if e.revision > 0 && !s.supersedes(name, snapshot, e.value) {
			return core.Declined, nil
		}
		if stored, err := s.bucket.put(ctx, name, value, e.revision); err != nil {
			return core.Declined, err
		} else if stored {
			return core.Stored, nil
		}
		if err := conflictBackoff.Wait(ctx, attempt); err != nil {
			return core.Declined, err
		}
	}
}

// supersedes reports whether snapshot takes the place of a stored value: by
// [core.Snapshot.Supersedes], or because the value cannot be read.
func (s *Store[ID]) supersedes(name string, snapshot core.Snapshot[uint64], value []byte) bool {
	c, err := s.decodeValue(name, value)
	if err != nil || snapshot.Supersedes(c.snapshot, cmp.Compare) {
		return true
	}
	// A state that does not decode would never be used, and keep out older ones
	// that do.
	return snapshot.State != nil && s.decodeState(c, reflect.New(reflect.TypeOf(snapshot.State)).Interface()) != nil
}
