package jetstream

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"sync"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
)

// Store keeps events in one JetStream stream. The sequence of the stream is the
// position of an event. A Store is safe for concurrent use.
type Store[ID comparable, M any] struct {
	stream   *stream
	subjects subjects[ID]
	codecs   codec.Set
	metadata bool // M holds something
	closing  sync.Once
}

var (
	_ core.SystemStore[string, uint64, core.NoMetadata]     = (*Store[string, core.NoMetadata])(nil)
	_ core.IdentifiedStore[string, uint64, core.NoMetadata] = (*Store[string, core.NoMetadata])(nil)
	_ core.ListingStore[string, uint64, core.NoMetadata]    = (*Store[string, core.NoMetadata])(nil)
)

// Open returns the store that cfg describes, and creates its stream if it does
// not exist. A stream that exists is never changed.
//
// ID is a string-like type, or one that marshals to and from text. M is what is
// recorded beside each event, as JSON; struct{} records nothing.
//
// The connection stays the caller's: Close the store first, the connection
// after.
//
// Open returns a [ConfigError] or [codec.IDTypeError] for a mistake of the
// program, [ErrNoJetStream] or a [ServerVersionError] for a server that cannot
// serve, a [StreamConfigError] for a stream that exists and cannot hold events
// safely, and an [OverlapError] where another stream has the subjects.
func Open[ID comparable, M any](ctx context.Context, nc *nats.Conn, cfg Config) (*Store[ID, M], error) {
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	ids, err := codec.NewIDs[ID]()
	if err != nil {
		return nil, err
	}
	if err := codec.Visible(codec.JSON, reflect.TypeFor[M]()); err != nil {
		return nil, err
	}
	known := append([]codec.Codec{cfg.Codec}, cfg.Codecs...)
	if cfg.ExternalCodec != nil {
		known = append(known, cfg.ExternalCodec)
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.Timeout)
	defer cancel()
	s, err := openStream(ctx, nc, cfg)
	if err != nil {
		return nil, err
	}
	return &Store[ID, M]{
		stream:   s,
		subjects: subjects[ID]{prefix: cfg.Prefix, ids: ids},
		codecs:   codec.NewSet(known...),
		metadata: reflect.TypeFor[M]() != reflect.TypeFor[core.NoMetadata](),
	}, nil
}

// Close ends the store. Commits under way return an error: [core.ErrClosed] if
// nothing of them was sent, else an [UnknownOutcomeError]. Reads and later calls
// return [core.ErrClosed].
func (s *Store[ID, M]) Close() error {
	var err error
	s.closing.Do(func() { err = s.stream.close() })
	return err
}

// StoreID identifies the events of the store. It is kept with the stream.
func (s *Store[ID, M]) StoreID() string { return s.stream.storeID }

// ComparePositions compares two sequences of the stream.
func (s *Store[ID, M]) ComparePositions(a, b uint64) int { return cmp.Compare(a, b) }

// Version returns the position of the aggregate's last event, as the
// stream's leader has it.
func (s *Store[ID, M]) Version(ctx context.Context, key core.Key[ID]) (core.Version[uint64], error) {
	aggregate, err := s.subjects.aggregate(key)
	if err != nil {
		return core.Version[uint64]{}, err
	}
	if err := s.stream.usable(ctx); err != nil {
		return core.Version[uint64]{}, err
	}
	seq, err := s.stream.lastOf(ctx, s.subjects.all(aggregate))
	return version(seq), err
}

// LatestVersion returns the position of the last event in the stream, as its
// leader has it.
func (s *Store[ID, M]) LatestVersion(ctx context.Context) (core.Version[uint64], error) {
	if err := s.stream.usable(ctx); err != nil {
		return core.Version[uint64]{}, err
	}
	seq, err := s.stream.lastOf(ctx, ">")
	return version(seq), err
}

// Resolve finds out what became of a commit whose outcome was unknown. If it was
// recorded, Resolve returns the position of the last event of each of its parts.
// If it was not, and never will be, because another commit took its place,
// Resolve returns a [core.ConflictError]. If that is still open, Resolve returns
// an [UnknownOutcomeError] again: a commit that is on its way somewhere may yet
// be recorded, until another commit to its aggregate is.
func (s *Store[ID, M]) Resolve(ctx context.Context, unknown *UnknownOutcomeError) ([]uint64, error) {
	c := &commit{id: unknown.CommitID}
	for _, p := range unknown.Parts {
		c.parts = append(c.parts, &part{filter: p.Aggregate, expected: p.Expected, msgs: make([]*nats.Msg, p.Count)})
		c.size += p.Count
	}
	if err := s.stream.usable(ctx); err != nil {
		return nil, c.ended(true, err)
	}
	ctx, cancel := s.stream.bound(ctx)
	defer cancel()
	seq, err := s.stream.resolve(ctx, c, s.stream.cfg.AckWait)
	if err == nil {
		return c.last(seq), nil
	}
	if at, ok := errors.AsType[*conflictAt](err); ok {
		return nil, at.conflict
	}
	if ended := s.stream.usable(ctx); ended != nil {
		err = ended
	}
	return nil, c.ended(true, err)
}
