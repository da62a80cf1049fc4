package kvsnapshot

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
)

// Store keeps snapshots in one bucket. It is safe for concurrent use, by any
// number of programs, and has nothing to close.
type Store[ID comparable] struct {
	cfg    Config
	bucket *bucket
	ids    *codec.IDs[ID]
	codecs codec.Set
	press  *press
}

var _ core.SnapshotStore[string, uint64] = (*Store[string])(nil)

// Open returns the store that cfg describes, and creates its bucket if it does
// not exist. A bucket that exists is never changed.
//
// ID is a string-like type, or one that marshals to and from text. The
// connection stays the caller's, and may serve the event store as well.
//
// Open returns a [ConfigError] or [codec.IDTypeError] for a mistake of the
// program, [ErrNoJetStream] for a server that cannot serve, and a [BucketError]
// for a bucket that exists and is another than was asked for.
func Open[ID comparable](ctx context.Context, nc *nats.Conn, cfg Config) (*Store[ID], error) {
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	ids, err := codec.NewIDs[ID]()
	if err != nil {
		return nil, err
	}
	press, err := newPress()
	if err != nil {
		return nil, err
	}
	bounded, cancel := context.WithTimeout(ctx, cfg.Timeout)
	defer cancel()
	b, err := openBucket(bounded, nc, cfg)
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", cfg.Bucket, because(ctx, err))
	}
	return &Store[ID]{cfg: cfg, bucket: b, ids: ids, codecs: codec.Set{cfg.Codec}, press: press}, nil
}

// because returns why ctx ended if it did, and err otherwise.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// LoadSnapshot decodes the stored snapshot of key into state, in one round trip.
// It returns a [CorruptError] for a value that is not as it was written, a
// [codec.UnknownError] for a state of a codec that the store does not have, and
// a [core.NameError] for a key that cannot be.
func (s *Store[ID]) LoadSnapshot(ctx context.Context, key core.SnapshotKey[ID], state any) (core.Snapshot[uint64], bool, error) {
	name, err := keyOf(s.ids, key)
	if err != nil {
		return core.Snapshot[uint64]{}, false, err
	}
	bounded, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	e, err := s.bucket.get(bounded, name)
	if err == nil && e.revision == 0 {
		return core.Snapshot[uint64]{}, false, nil
	}
	if err != nil {
		return core.Snapshot[uint64]{}, false, fmt.Errorf("load snapshot %s: %w", name, because(ctx, err))
	}
	c, err := s.open(name, e.value)
	if err == nil {
		err = s.decode(c, state)
	}
	if err != nil {
		return core.Snapshot[uint64]{}, false, fmt.Errorf("load snapshot %s: %w", name, err)
	}
	return c.snap, true, nil
}

// open returns what a value holds, or a [CorruptError].
func (s *Store[ID]) open(name string, value []byte) (content, error) {
	var c content
	plain, err := s.press.unseal(value)
	if err == nil {
		c, err = decodeContent(plain)
	}
	if err == nil && c.key != name {
		err = fmt.Errorf("is of key %.64q", c.key)
	}
	if err != nil {
		return content{}, &CorruptError{Key: name, Err: err}
	}
	return c, nil
}

// decode decodes the state of a content into state, a pointer.
func (s *Store[ID]) decode(c content, state any) error {
	decoder, err := s.codecs.ByName(c.codec)
	if err == nil {
		err = decoder.Unmarshal(c.state, state)
	}
	if err != nil {
		return fmt.Errorf("decode state: %w", err)
	}
	return nil
}

// OfferSnapshot takes a snapshot if the policy asks for one and it is newer than
// the one that is stored. One that is too large is a [TooLargeError]. A state
// with fields that the codec cannot see is a [codec.HiddenFieldError], in a
// [core.SnapshotCreateError].
func (s *Store[ID]) OfferSnapshot(ctx context.Context, key core.SnapshotKey[ID], eventsSince int, create func() (core.Snapshot[uint64], error)) (core.SnapshotOffer, error) {
	if !s.cfg.Policy.Due(eventsSince) {
		return core.Declined, nil
	}
	name, err := keyOf(s.ids, key)
	if err != nil {
		return core.Declined, err
	}
	if ctx.Err() != nil {
		return core.Declined, context.Cause(ctx)
	}
	snap, err := create()
	if err != nil {
		return core.Declined, &core.SnapshotCreateError{Err: err}
	}
	state, err := s.cfg.Codec.Marshal(snap.State)
	if err != nil {
		return core.Declined, &core.SnapshotCreateError{Err: err}
	}
	value, err := s.seal(content{key: name, codec: s.cfg.Codec.Name(), snap: snap, state: state})
	if err != nil {
		return core.Declined, fmt.Errorf("store snapshot %s: %w", name, err)
	}
	bounded, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	offer, err := s.store(bounded, name, snap, value)
	if err != nil {
		return core.Declined, fmt.Errorf("store snapshot %s: %w", name, because(ctx, err))
	}
	return offer, nil
}

// seal makes the value of a content, or returns a [TooLargeError].
func (s *Store[ID]) seal(c content) ([]byte, error) {
	plain := c.encode()
	if len(plain) > maxPlain {
		return nil, &TooLargeError{Key: c.key, Size: len(plain), Limit: maxPlain}
	}
	value := s.press.seal(s.cfg.Compression, plain)
	if limit := s.bucket.limit(); len(value) > limit {
		return nil, &TooLargeError{Key: c.key, Size: len(value), Limit: limit}
	}
	return value, nil
}

// conflictBackoff is for writers that compete for one key. A write is one round
// trip.
var conflictBackoff = core.Backoff{First: time.Millisecond, Max: 50 * time.Millisecond}

// store writes a value in the place of the one that it read before. When
// somebody else was faster, it looks again at what is there now.
func (s *Store[ID]) store(ctx context.Context, name string, snap core.Snapshot[uint64], value []byte) (core.SnapshotOffer, error) {
	for attempt := 0; ; attempt++ {
		e, err := s.bucket.get(ctx, name)
		if err != nil {
			return core.Declined, err
		}
		if e.revision > 0 && !s.supersedes(name, snap, e.value) {
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

// supersedes reports whether snap takes the place of a stored value: it is
// newer, or the value is not a snapshot of the same events that can be read.
func (s *Store[ID]) supersedes(name string, snap core.Snapshot[uint64], value []byte) bool {
	c, err := s.open(name, value)
	if err != nil || snap.Supersedes(c.snap, cmp.Compare) {
		return true
	}
	// A state that cannot be read would stay there, in the way of all that are.
	return snap.State != nil && s.decode(c, reflect.New(reflect.TypeOf(snap.State)).Interface()) != nil
}
