// Package memory keeps events in memory, for tests, examples and prototypes. It
// is the shortest complete reading of the store contract: read it before you
// write a store of your own.
package memory

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/jetsource/jetsource/core"
)

// codec names the encoding of the events' data.
const codec = "application/json"

// Store is an event store in memory. Positions count from 1; events and
// metadata are kept as JSON, so that they behave as in a store that outlives the
// program. An ID may be of any comparable type. The zero Store is not usable:
// call [New].
type Store[ID comparable, M any] struct {
	id string

	mu       sync.RWMutex                          // guards what follows
	log      []*record[ID, M]                      // log[i] is at position i+1, and never changes
	byKey    map[core.Key[ID]][]*record[ID, M]     // the log, one aggregate at a time
	reserved map[core.ReservedKey][]*record[ID, M] // and what is not the user's
	changed  chan struct{}                         // closed, and replaced, by each commit
}

// record is an event as the store keeps it, its metadata encoded like the rest.
type record[ID comparable, M any] struct {
	core.StoredEvent[ID, uint64, M]
	metadata []byte
	reserved core.ReservedKey // of an entry that is no event of the user's
}

var (
	_ core.ReservedStore[string, uint64, core.NoMetadata]   = (*Store[string, core.NoMetadata])(nil)
	_ core.RecordingStore[string, uint64, core.NoMetadata]  = (*Store[string, core.NoMetadata])(nil)
	_ core.IdentifiedStore[string, uint64, core.NoMetadata] = (*Store[string, core.NoMetadata])(nil)
	_ core.ListingStore[string, uint64, core.NoMetadata]    = (*Store[string, core.NoMetadata])(nil)
)

// New returns an empty store.
func New[ID comparable, M any]() *Store[ID, M] {
	return &Store[ID, M]{
		id:       rand.Text(),
		byKey:    make(map[core.Key[ID]][]*record[ID, M]),
		reserved: make(map[core.ReservedKey][]*record[ID, M]),
		changed:  make(chan struct{}),
	}
}

// StoreID returns what tells this store from every other one.
func (s *Store[ID, M]) StoreID() string { return s.id }

// ComparePositions orders all events of the store.
func (s *Store[ID, M]) ComparePositions(a, b uint64) int { return cmp.Compare(a, b) }

// LatestVersion returns the position of the last event of the store.
func (s *Store[ID, M]) LatestVersion(ctx context.Context) (core.Version[uint64], error) {
	if ctx.Err() != nil {
		return core.Version[uint64]{}, context.Cause(ctx)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return last(s.log), nil
}

// StreamVersion returns the version of an aggregate.
func (s *Store[ID, M]) StreamVersion(ctx context.Context, key core.Key[ID]) (core.Version[uint64], error) {
	if ctx.Err() != nil {
		return core.Version[uint64]{}, context.Cause(ctx)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return last(s.byKey[key]), nil
}

func last[ID comparable, M any](log []*record[ID, M]) core.Version[uint64] {
	if len(log) == 0 {
		return core.Version[uint64]{}
	}
	return core.At(log[len(log)-1].Position)
}

// CommitEvents appends events to an aggregate, whatever version it is at.
func (s *Store[ID, M]) CommitEvents(ctx context.Context, key core.Key[ID], events []core.Event, metadata M) (uint64, error) {
	return s.commit(ctx, core.Commit[ID, uint64, M]{Key: key, Unchecked: true, Events: events, Metadata: metadata})
}

// CommitEventsOptimistic appends events to an aggregate that is at the expected
// version.
func (s *Store[ID, M]) CommitEventsOptimistic(ctx context.Context, key core.Key[ID], expected core.Version[uint64], events []core.Event, metadata M) (uint64, error) {
	return s.commit(ctx, core.Commit[ID, uint64, M]{Key: key, Expected: expected, Events: events, Metadata: metadata})
}

func (s *Store[ID, M]) commit(ctx context.Context, c core.Commit[ID, uint64, M]) (uint64, error) {
	positions, err := s.CommitAll(ctx, c)
	if fault, ok := errors.AsType[*core.CommitError](err); ok {
		return 0, fault.Err
	}
	if err != nil {
		return 0, err
	}
	return positions[0], nil
}

// CommitAll records all of the commits or none.
func (s *Store[ID, M]) CommitAll(ctx context.Context, commits ...core.Commit[ID, uint64, M]) ([]uint64, error) {
	records, err := s.record(ctx, commits)
	if err != nil {
		return nil, err
	}
	positions := make([]uint64, len(commits))
	for i, c := range commits {
		positions[i] = records[len(c.Events)-1].Position
		records = records[len(c.Events):]
	}
	return positions, nil
}

// Record records one commit and returns its events.
func (s *Store[ID, M]) Record(ctx context.Context, c core.Commit[ID, uint64, M]) ([]core.StoredEvent[ID, uint64, M], error) {
	records, err := s.record(ctx, []core.Commit[ID, uint64, M]{c})
	if fault, ok := errors.AsType[*core.CommitError](err); ok {
		return nil, fault.Err
	}
	events := make([]core.StoredEvent[ID, uint64, M], len(records))
	for i, r := range records {
		if events[i], err = r.stored(); err != nil {
			break
		}
	}
	return events, err
}

func (s *Store[ID, M]) record(ctx context.Context, commits []core.Commit[ID, uint64, M]) ([]*record[ID, M], error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err := core.ValidateAll(commits); err != nil {
		return nil, err
	}
	// Encoding runs the application's code, which must not run under the lock.
	records, err := encodeAll(commits)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.check(commits); err != nil {
		return nil, err
	}
	s.append(records)
	return records, nil
}

// check looks for a conflict. The caller holds the lock.
func (s *Store[ID, M]) check(commits []core.Commit[ID, uint64, M]) error {
	for i, c := range commits {
		if actual := last(s.byKey[c.Key]); !c.Unchecked && actual != c.Expected {
			return &core.CommitError{Index: i, Err: &core.ConflictError[uint64]{Expected: c.Expected, Actual: actual}}
		}
	}
	return nil
}

// append gives the records their positions. The caller holds the lock.
func (s *Store[ID, M]) append(records []*record[ID, M]) {
	now := time.Now().UTC().Round(0) // a recorded time has no monotonic reading
	for _, r := range records {
		r.Position, r.Time = uint64(len(s.log))+1, now
		s.log = append(s.log, r)
		if r.reserved.Kind != "" {
			s.reserved[r.reserved] = append(s.reserved[r.reserved], r)
		} else {
			s.byKey[r.Key] = append(s.byKey[r.Key], r)
		}
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

func encodeAll[ID comparable, M any](commits []core.Commit[ID, uint64, M]) ([]*record[ID, M], error) {
	var records []*record[ID, M]
	id := rand.Text()
	for i, c := range commits {
		part, err := encode(c, core.CommitInfo{ID: id, Count: len(c.Events), Offset: len(records)})
		if err != nil {
			return nil, &core.CommitError{Index: i, Err: err}
		}
		records = append(records, part...)
	}
	return records, nil
}

func encode[ID comparable, M any](c core.Commit[ID, uint64, M], info core.CommitInfo) ([]*record[ID, M], error) {
	metadata, err := json.Marshal(c.Metadata)
	if err != nil {
		return nil, &core.MetadataError{Err: err}
	}
	records := make([]*record[ID, M], len(c.Events))
	for i, event := range c.Events {
		data, err := json.Marshal(event)
		if err != nil {
			return nil, &core.EncodeError{Index: i, Kind: event.EventKind(), Err: err}
		}
		r := &record[ID, M]{metadata: metadata}
		r.Key, r.Kind, r.CommandID = c.Key, event.EventKind(), c.CommandID
		r.Commit, r.Commit.Index = info, i
		r.Codec, r.Data = codec, data
		records[i] = r
	}
	return records, nil
}
