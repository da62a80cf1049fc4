package core

import (
	"context"
	"iter"
)

// ReservedStore is a [SubscribableStore] that also keeps what the library itself
// records: in its log, but apart from the user's events, which no filter selects
// it with. Reactors need it: what came of an event is recorded in one commit
// with how far the reactor has come.
type ReservedStore[ID, Pos comparable, M any] interface {
	SubscribableStore[ID, Pos, M]

	// LastReserved returns the last entry of a key; false if there is none.
	LastReserved(ctx context.Context, key ReservedKey) (ReservedEntry[Pos], bool, error)

	// LoadReserved yields the entries of a key in order.
	LoadReserved(ctx context.Context, key ReservedKey) iter.Seq2[ReservedEntry[Pos], error]

	// CommitReserved records entries and commits, all or nothing, and returns the
	// positions of the entries. An error of one of them is a [CommitError]: its
	// index counts the entries first, and then the commits. Two entries of one
	// key are [ErrSameAggregate].
	CommitReserved(ctx context.Context, entries []ReservedCommit[Pos], commits ...Commit[ID, Pos, M]) ([]Pos, error)
}

// ReservedKey names a sequence of entries of the library's own.
type ReservedKey struct {
	Kind string // begins with an underscore
	Name string // as given by the user: anything that can be an id
}

// ReservedCommit is an entry to be recorded.
type ReservedCommit[Pos comparable] struct {
	Key ReservedKey
	// Expected is the version that the key must be at.
	Expected Version[Pos]
	// Unchecked records the entry whatever version the key is at.
	Unchecked bool
	// Kind says what the entry is, like the kind of an event.
	Kind string
	// Data is the entry, as JSON.
	Data []byte
}

// ReservedEntry is an entry as it was recorded.
type ReservedEntry[Pos comparable] struct {
	Position Pos
	Kind     string
	Data     []byte
}
