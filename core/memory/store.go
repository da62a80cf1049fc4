// Package memory keeps events in memory, for tests, examples and prototypes. It
// is the shortest complete reading of the store contract: read it before you
// write a store of your own. [Store.TearNext] makes a commit fail as one does
// that a loss of power cuts in two, to test what a program does then.
package memory

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"slices"
	"sync"

	"github.com/jetsource/jetsource/core"
)

// Store is an event store in memory. Positions count from 1; events and
// metadata are kept as JSON, so that they behave as in a store that outlives the
// program. An ID may be of any comparable type. The zero Store is not usable:
// call [New].
type Store[ID comparable, M any] struct {
	id            string
	codec         Codec
	metadataTypes *core.MetadataReader[M]
	logger        *slog.Logger
	observer      *core.Observer

	mu sync.RWMutex // guards what follows
	contents[ID, M]
}

// contents is what a store holds.
type contents[ID comparable, M any] struct {
	log     []*record[ID, M]                   // log[i] is at position i+1, and never changes
	byKey   map[core.Key[ID]][]*record[ID, M]  // the log without void records, one aggregate at a time
	entries map[core.EntryKey][]*record[ID, M] // the log's system entries, one key at a time
	leases  map[string]register                // beside the log
	keep    int                                // messages of the next commit to be torn; 0 for none
	changed chan struct{}                      // closed, and replaced, by each commit
}

// record is an event as the store keeps it, its metadata encoded like the rest.
type record[ID comparable, M any] struct {
	core.StoredEvent[ID, uint64, M]
	metadata []byte
	version  int           // of the metadata
	entry    core.EntryKey // of a system entry; zero for an event
	void     bool          // of a commit that lost its end: readers pass over it
}

var (
	_ core.SystemStore[string, uint64, core.NoMetadata]     = (*Store[string, core.NoMetadata])(nil)
	_ core.IdentifiedStore[string, uint64, core.NoMetadata] = (*Store[string, core.NoMetadata])(nil)
	_ core.WatchedStore                                     = (*Store[string, core.NoMetadata])(nil)
	_ core.ListingStore[string, uint64, core.NoMetadata]    = (*Store[string, core.NoMetadata])(nil)
)

// New returns an empty store. It panics for an M whose [core.MetadataHistory] does not
// lead to it.
func New[ID comparable, M any]() *Store[ID, M] { return NewWithCodec[ID, M](plainJSON{}) }

// NewWithCodec is [New] of a store that keeps events as a codec writes them, and reads no
// others.
func NewWithCodec[ID comparable, M any](c Codec) *Store[ID, M] {
	metadataTypes, err := core.NewMetadataReader[M]()
	if err != nil {
		panic("memory: " + err.Error())
	}
	return &Store[ID, M]{
		id:            rand.Text(),
		codec:         c,
		metadataTypes: metadataTypes,
		contents: contents[ID, M]{
			byKey:   make(map[core.Key[ID]][]*record[ID, M]),
			entries: make(map[core.EntryKey][]*record[ID, M]),
			leases:  make(map[string]register),
			changed: make(chan struct{}),
		},
	}
}

// Watch says what logs and observes for the store and all that uses it, and returns the
// store. Nil is [slog.Default], or nothing. It is called before the store is used.
func (s *Store[ID, M]) Watch(logger *slog.Logger, observer *core.Observer) *Store[ID, M] {
	s.logger, s.observer = logger, observer
	return s
}

// Logger returns what [Store.Watch] was given.
func (s *Store[ID, M]) Logger() *slog.Logger { return s.logger }

// Observer returns what [Store.Watch] was given.
func (s *Store[ID, M]) Observer() *core.Observer { return s.observer }

// StoreID returns what tells this store from every other one.
func (s *Store[ID, M]) StoreID() string { return s.id }

// ComparePositions orders all events of the store.
func (s *Store[ID, M]) ComparePositions(a, b uint64) int { return cmp.Compare(a, b) }

// LatestVersion returns the position of the last event or entry of the store.
func (s *Store[ID, M]) LatestVersion(ctx context.Context) (core.Version[uint64], error) {
	if ctx.Err() != nil {
		return core.Version[uint64]{}, context.Cause(ctx)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, r := range slices.Backward(s.log) {
		if !r.void {
			return core.At(r.Position), nil
		}
	}
	return core.Version[uint64]{}, nil
}

// Version returns the version of an aggregate.
func (s *Store[ID, M]) Version(ctx context.Context, key core.Key[ID]) (core.Version[uint64], error) {
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
