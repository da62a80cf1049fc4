package jetstream

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"sync"
	"time"

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
	_ core.ReservedStore[string, uint64, core.NoMetadata]   = (*Store[string, core.NoMetadata])(nil)
	_ core.RecordingStore[string, uint64, core.NoMetadata]  = (*Store[string, core.NoMetadata])(nil)
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
	if err := codec.CheckType(codec.JSON, reflect.TypeFor[M]()); err != nil {
		return nil, err
	}
	known := append([]codec.Codec{cfg.Codec}, cfg.Codecs...)
	if cfg.ForeignCodec != nil {
		known = append(known, cfg.ForeignCodec)
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
		codecs:   known,
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

// StreamVersion returns the position of the aggregate's last event, as the
// stream's leader has it.
func (s *Store[ID, M]) StreamVersion(ctx context.Context, key core.Key[ID]) (core.Version[uint64], error) {
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

// CommitEvents appends events to the aggregate, whatever version it is at. It
// reads the version and commits on it, again until no other writer comes
// between: on a replicated stream a publish without an expectation would let
// commits that have one pass on a stale version.
//
// Besides the errors of the contract it returns [TooLargeError], in a
// [core.EncodeError] where it is about one event; [CommitRefusedError];
// [StreamConfigError], while the stream is not as it was when it was opened;
// [DeniedError], for want of rights; and [UnknownOutcomeError].
func (s *Store[ID, M]) CommitEvents(ctx context.Context, key core.Key[ID], events []core.Event, metadata M) (uint64, error) {
	return s.commitOne(ctx, core.Commit[ID, uint64, M]{Key: key, Unchecked: true, Events: events, Metadata: metadata})
}

// CommitEventsOptimistic appends events to the aggregate if it is at expected.
// Its errors are those of [Store.CommitEvents] and [core.ConflictError].
func (s *Store[ID, M]) CommitEventsOptimistic(ctx context.Context, key core.Key[ID], expected core.Version[uint64], events []core.Event, metadata M) (uint64, error) {
	return s.commitOne(ctx, core.Commit[ID, uint64, M]{Key: key, Expected: expected, Events: events, Metadata: metadata})
}

// Record is a commit that returns its events as LoadEvents would, save for their
// Time: the server does not tell it with its answer. Its errors are those of
// [Store.CommitEventsOptimistic].
func (s *Store[ID, M]) Record(ctx context.Context, c core.Commit[ID, uint64, M]) ([]core.StoredEvent[ID, uint64, M], error) {
	p, last, err := s.record(ctx, c)
	if err != nil {
		return nil, err
	}
	events := make([]core.StoredEvent[ID, uint64, M], len(p.msgs))
	for i, m := range p.msgs {
		e := &events[i]
		e.Key, e.Kind, e.Position, e.CommandID = c.Key, c.Events[i].EventKind(), last-uint64(len(p.msgs)-1-i), c.CommandID
		e.Codec, e.Data = s.stream.cfg.Codec.Name(), m.Data
		// The events are recorded: what cannot be read back is no error of this call.
		if l, err := parseLink(m.Header.Get(headerCommit)); err == nil {
			e.Commit = l.CommitInfo
		}
		if s.metadata {
			_ = json.Unmarshal([]byte(m.Header.Get(headerMetadata)), &e.Metadata)
		}
	}
	return events, nil
}

func (s *Store[ID, M]) commitOne(ctx context.Context, c core.Commit[ID, uint64, M]) (uint64, error) {
	_, last, err := s.record(ctx, c)
	return last, err
}

// record records one commit, and returns what was sent and the position of the
// last event.
func (s *Store[ID, M]) record(ctx context.Context, c core.Commit[ID, uint64, M]) (*part, uint64, error) {
	if err := c.Validate(); err != nil {
		return nil, 0, err
	}
	p, err := s.encode(c)
	if err != nil {
		return nil, 0, err
	}
	positions, err := s.commit(ctx, []*part{p}, []bool{c.Unchecked})
	if at, ok := errors.AsType[*conflictAt](err); ok {
		return nil, 0, at.conflict
	}
	if err != nil {
		return nil, 0, err
	}
	return p, positions[0], nil
}

// CommitAll records commits to several aggregates in one atomic batch, all or
// none, at consecutive positions. Together they may have 1,000 events.
func (s *Store[ID, M]) CommitAll(ctx context.Context, commits ...core.Commit[ID, uint64, M]) ([]uint64, error) {
	parts, unchecked, err := s.encodeAll(commits)
	if err != nil {
		return nil, err
	}
	return s.commitParts(ctx, parts, unchecked)
}

// encodeAll makes the parts of several commits, and tells which are unchecked.
func (s *Store[ID, M]) encodeAll(commits []core.Commit[ID, uint64, M]) (parts []*part, unchecked []bool, err error) {
	if err := core.ValidateAll(commits); err != nil {
		return nil, nil, err
	}
	for i, c := range commits {
		p, err := s.encode(c)
		if err != nil {
			return nil, nil, &core.CommitError{Index: i, Err: err}
		}
		parts, unchecked = append(parts, p), append(unchecked, c.Unchecked)
	}
	return parts, unchecked, nil
}

// commitParts records parts, and says which of them is in conflict if one is.
func (s *Store[ID, M]) commitParts(ctx context.Context, parts []*part, unchecked []bool) ([]uint64, error) {
	positions, err := s.commit(ctx, parts, unchecked)
	if at, ok := errors.AsType[*conflictAt](err); ok {
		return nil, &core.CommitError{Index: at.part, Err: at.conflict}
	}
	return positions, err
}

// commit records parts, those that are unchecked on whatever version their
// aggregates are at.
func (s *Store[ID, M]) commit(ctx context.Context, parts []*part, unchecked []bool) ([]uint64, error) {
	if err := s.stream.writable(ctx); err != nil {
		return nil, err
	}
	n := 0
	for _, p := range parts {
		n += len(p.msgs)
	}
	if n > maxCommit {
		return nil, &TooLargeError{What: "commit", Size: n, Limit: maxCommit}
	}
	for i, p := range parts {
		if !unchecked[i] {
			continue
		}
		var err error
		if p.expected, err = s.stream.lastOf(ctx, p.filter); err != nil {
			return nil, err
		}
	}
	pause := backoff{max: 50 * time.Millisecond}
	for {
		positions, err := s.stream.record(ctx, newCommit(parts))
		at, ok := errors.AsType[*conflictAt](err)
		if !ok || !unchecked[at.part] {
			return positions, err
		}
		parts[at.part].expected, _ = at.conflict.Actual.Position()
		if err := pause.pause(ctx, s.stream); err != nil {
			return nil, err
		}
	}
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
