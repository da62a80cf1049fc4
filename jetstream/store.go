package jetstream

import (
	"cmp"
	"context"
	"log/slog"
	"reflect"
	"sync"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
	"github.com/jetsource/jetsource/jetstream/internal/writer"
)

// Store keeps events in one JetStream stream. The sequence of the stream is the
// position of an event. A Store is safe for concurrent use.
type Store[ID comparable, M any] struct {
	stream   *stream
	subjects *wire.Subjects[ID]
	codecs   codec.Set
	metadata *core.MetadataReader[M] // nil if M holds nothing
	closing  sync.Once
}

var (
	_ core.SystemStore[string, uint64, core.NoMetadata]     = (*Store[string, core.NoMetadata])(nil)
	_ core.IdentifiedStore[string, uint64, core.NoMetadata] = (*Store[string, core.NoMetadata])(nil)
	_ core.WatchedStore                                     = (*Store[string, core.NoMetadata])(nil)
	_ core.ListingStore[string, uint64, core.NoMetadata]    = (*Store[string, core.NoMetadata])(nil)
)

// Open returns the store that cfg describes, and creates its stream if it does
// not exist, unless Config.MustExist forbids that. A stream that exists is never
// changed.
//
// ID is a string-like type, or one that marshals to and from text. M is what is
// recorded beside each event, as JSON; struct{} records nothing. A type that has
// changed tells its [core.MetadataHistory].
//
// The connection stays the caller's: Close the store first, the connection
// after.
//
// Open returns a [ConfigError] or [codec.IDTypeError] for a mistake of the
// program, [ErrNoJetStream] or a [ServerVersionError] for a server that cannot
// serve, a [StreamConfigError] for a stream that exists and cannot hold events
// safely, [ErrNoStore] for one that must exist and does not, and an
// [OverlapError] where another stream has the subjects, also in another domain that
// can be asked.
func Open[ID comparable, M any](ctx context.Context, nc *nats.Conn, cfg Config) (*Store[ID, M], error) {
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	subjects, err := wire.NewSubjects[ID](cfg.Prefix)
	if err != nil {
		return nil, err
	}
	metadata, err := metadataReader[M]()
	if err != nil {
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
		subjects: subjects,
		codecs:   known,
		metadata: metadata,
	}, nil
}

// metadataReader returns the reader of metadata; nil if an M holds nothing.
func metadataReader[M any]() (*core.MetadataReader[M], error) {
	t := reflect.TypeFor[M]()
	if t == reflect.TypeFor[core.NoMetadata]() {
		return nil, nil
	}
	if err := codec.CheckType(codec.JSON, t); err != nil {
		return nil, err
	}
	return core.NewMetadataReader[M]()
}

// Close ends the store. Commits under way return an error: [core.ErrClosed] if
// nothing of them was sent, else an [UnknownOutcomeError]. Reads and later calls
// return [core.ErrClosed].
func (s *Store[ID, M]) Close() error {
	var err error
	s.closing.Do(func() { err = s.stream.close() })
	return err
}

// Logger returns what the store, and all that uses it, logs to: see [Config].
func (s *Store[ID, M]) Logger() *slog.Logger { return s.stream.cfg.Logger }

// Observer returns what is told of all work: see [Config].
func (s *Store[ID, M]) Observer() *core.Observer { return s.stream.cfg.Observer }

// StoreID identifies the events of the store. It is kept with the stream.
func (s *Store[ID, M]) StoreID() string { return s.stream.storeID }

// MaxEvents returns 1,000: the server takes no more messages in one batch.
func (s *Store[ID, M]) MaxEvents() int { return writer.MaxEvents }

// ComparePositions compares two sequences of the stream.
func (s *Store[ID, M]) ComparePositions(a, b uint64) int { return cmp.Compare(a, b) }

// Version returns the position of the aggregate's last event, as the
// stream's leader has it.
func (s *Store[ID, M]) Version(ctx context.Context, key core.Key[ID]) (core.Version[uint64], error) {
	var none core.Version[uint64]
	aggregate, err := s.subjects.Aggregate(key)
	if err != nil {
		return none, err
	}
	if err := s.stream.conn.Usable(ctx); err != nil {
		return none, err
	}
	m, err := s.stream.reader.Last(ctx, s.subjects.All(aggregate))
	if m == nil {
		return none, err
	}
	return core.At(m.Seq), err
}

// LatestVersion returns the position of the last event or entry in the stream, as its
// leader has it.
func (s *Store[ID, M]) LatestVersion(ctx context.Context) (core.Version[uint64], error) {
	if err := s.stream.conn.Usable(ctx); err != nil {
		return core.Version[uint64]{}, err
	}
	head, err := s.stream.reader.Head(ctx)
	return wire.Version(head), err
}
