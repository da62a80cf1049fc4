package kvsnapshot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/kvsnapshot/internal/chunks"
)

// OfferSnapshot takes a snapshot if the policy asks for one, and stores it if it
// supersedes the stored one. A [core.SnapshotCreateError] has a [TooLargeError] for a
// snapshot that is too large, a [codec.HiddenFieldError] for a state with fields that
// the codec would lose, and a [codec.ChangedError] for one that would come back as
// another one.
func (s *Store[ID]) OfferSnapshot(ctx context.Context, key core.SnapshotKey[ID], age core.SnapshotAge, create func() (core.Snapshot[uint64], error)) (core.SnapshotOffer, error) {
	if !s.cfg.Policy.Due(age) {
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
	state, err := codec.EncodeState(s.cfg.Codec, stateKind(name), snapshot.State)
	if err != nil {
		return core.Declined, &core.SnapshotCreateError{Err: err}
	}
	snapshot.Layout = codec.Layout(s.cfg.Codec, reflect.TypeOf(snapshot.State))
	write, err := s.writer(key, content{key: name, codec: s.cfg.Codec.Name(), snapshot: snapshot, state: state})
	if err != nil {
		return core.Declined, fmt.Errorf("store snapshot %s: %w", name, &core.SnapshotCreateError{Err: err})
	}
	offer, err := s.replace(ctx, name, snapshot, write)
	if err != nil {
		return core.Declined, fmt.Errorf("store snapshot %s: %w", name, causeOr(ctx, err))
	}
	return offer, nil
}

// writer returns what writes a content, as one value or with chunks, in place of an
// entry, unless another writer is faster; or a [TooLargeError].
func (s *Store[ID]) writer(key core.SnapshotKey[ID], c content) (func(context.Context, entry) (bool, error), error) {
	if limit := s.maxSize(key); int64(len(c.state)) > limit {
		return nil, &TooLargeError{Key: c.key, Size: len(c.state), Limit: int(limit)}
	}
	if value, ok := s.encodeSmall(c); ok {
		return func(ctx context.Context, e entry) (bool, error) { return s.writeSmall(ctx, c.key, value, e) }, nil
	}
	return func(ctx context.Context, e entry) (bool, error) { return s.writeLarge(ctx, c, e) }, nil
}

// bestRatio is how much smaller a state may become by compression for it to be tried.
const bestRatio = 16

// encodeSmall returns the value of a content, if it fits into a message.
func (s *Store[ID]) encodeSmall(c content) ([]byte, bool) {
	limit := s.bucket.limit()
	if len(c.state) > limit && s.cfg.Compression == NoCompression || len(c.state) > min(bestRatio*limit, maxContent/2) {
		return nil, false
	}
	value := s.compressor.encodeValue(s.cfg.Compression, c.encode())
	return value, len(value) <= limit
}

// conflictBackoff is for several writers of one key. A write takes one round
// trip.
var conflictBackoff = core.Backoff{First: time.Millisecond, Max: 50 * time.Millisecond}

// replace reads the stored value and, if snapshot supersedes it, calls write for
// its place. If another writer has written in between, it reads again.
func (s *Store[ID]) replace(ctx context.Context, name string, snapshot core.Snapshot[uint64], write func(context.Context, entry) (bool, error)) (core.SnapshotOffer, error) {
	for attempt := 0; ; attempt++ {
		e, err := s.bucket.get(ctx, name)
		if err != nil {
			return core.Declined, err
		}
		if e.revision > 0 && !s.supersedes(ctx, name, snapshot, e.value) {
			return core.Declined, nil
		}
		if stored, err := write(ctx, e); err != nil {
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
func (s *Store[ID]) supersedes(ctx context.Context, name string, snapshot core.Snapshot[uint64], value []byte) bool {
	c, err := s.decodeValue(name, value)
	if err != nil || c.isVacant() || snapshot.Supersedes(c.snapshot, cmp.Compare) {
		return true
	}
	// A state that does not decode would never be used, and keep out older ones
	// that do.
	if snapshot.State == nil {
		return false
	}
	err = s.decodeState(ctx, c, reflect.New(reflect.TypeOf(snapshot.State)).Interface())
	_, unreadable := errors.AsType[*core.SnapshotReadError](err)
	return unreadable || errors.Is(err, chunks.ErrMissing)
}
