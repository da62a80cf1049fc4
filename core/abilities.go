package core

import (
	"context"
	"iter"
)

// This file is for authors of stores: what a store may be able to do beside the
// methods of EventStore.

// GloballyOrderedStore is an [EventStore] whose positions order all of its
// events, not only those of one aggregate. Projection snapshots and
// subscriptions depend on it.
type GloballyOrderedStore[ID, Pos comparable, M any] interface {
	EventStore[ID, Pos, M]

	// ComparePositions returns a negative number when a comes before b, zero
	// when they are equal, and a positive number when a comes after b.
	ComparePositions(a, b Pos) int

	// LatestVersion returns the position of the last event, or entry of the library's own,
	// of the whole store; zero if there is none.
	LatestVersion(ctx context.Context) (Version[Pos], error)
}

// AtomicStore is an [EventStore] whose Commit takes several commits at once, all
// or none.
type AtomicStore[ID, Pos comparable, M any] interface {
	EventStore[ID, Pos, M]

	// MaxEvents returns how many events, with system entries, one call of Commit
	// can record; 0 means any number.
	MaxEvents() int
}

// IdentifiedStore is an [EventStore] that can be told from every other one, so
// that what was derived from its events is never used with those of another.
type IdentifiedStore[ID, Pos comparable, M any] interface {
	EventStore[ID, Pos, M]

	// StoreID returns the identifier of the store: never empty, the same for as
	// long as the events exist, and another for a store made anew.
	StoreID() string
}

// SubscribableStore is a [GloballyOrderedStore] that can be followed live.
type SubscribableStore[ID, Pos comparable, M any] interface {
	GloballyOrderedStore[ID, Pos, M]

	// Subscribe yields the events that match any of the filters, first those that
	// are in the store and then others as they are committed: each once, in order
	// of position, without a gap where history ends, whatever happens to
	// connections and servers. It ends without an error when ctx ends; any other
	// end is an error, the last thing yielded. It holds a bounded number of events
	// ahead of a slow loop.
	//
	// A filter whose After or From lies beyond the end of the store, by more than
	// the next event, is [ErrBeyondEnd]: the store is not the one that the
	// position came from, or has lost its end, and the next events would be
	// skipped.
	Subscribe(ctx context.Context, filters ...Filter[ID, Pos]) iter.Seq2[StoredEvent[ID, Pos, M], error]

	// NextVersion returns the position of the first event after a version that
	// any of the filters selects; zero if the store has none yet. A runner calls it
	// when a caller waits for an event that its filters may leave out.
	NextVersion(ctx context.Context, after Version[Pos], filters ...Filter[ID, Pos]) (Version[Pos], error)

	// Distance returns the number of positions after one version and up to another: of
	// events of any kind, and of entries of the library's own; 0 if there are none.
	Distance(after, upTo Version[Pos]) uint64
}

// KeyedStore is an [EventStore] that stores a key before it encodes the first event about
// a person, as one with the codec of package codec/sealed does.
type KeyedStore interface {
	// NeedsKey reports whether to encode an event would store a key. [Repository.Create]
	// then looks first whether the aggregate exists, so that [ErrExists] leaves no key.
	NeedsKey(event Event) bool
}

// ListingStore is an [EventStore] that can list its aggregates.
type ListingStore[ID, Pos comparable, M any] interface {
	EventStore[ID, Pos, M]

	// IDs yields the id of each aggregate of a kind that has events, each once.
	// The first error is the last thing yielded.
	IDs(ctx context.Context, aggregateKind string) iter.Seq2[ID, error]
}
