package core

import (
	"context"
	"iter"
)

// SystemStore is a [SubscribableStore] that also keeps system entries: what the
// library itself records. They are in the same log as the events, and no filter
// of events selects them. Reactors need them: the outputs of an event are
// recorded in one commit with the reactor's progress.
//
// Commit takes an entry wherever it takes events, see [Commit.Entry]; entries and
// events of one call are recorded all or none. Two entries of one key are
// [ErrSameAggregate].
type SystemStore[ID, Pos comparable, M any] interface {
	SubscribableStore[ID, Pos, M]
	AtomicStore[ID, Pos, M]

	// LastEntry returns the last entry of a key; false if there is none.
	LastEntry(ctx context.Context, key EntryKey) (StoredEntry[Pos], bool, error)

	// LoadEntries yields the entries of a key in order, from a version on; zero for all
	// of them. The first error is the last thing yielded.
	LoadEntries(ctx context.Context, key EntryKey, from Version[Pos]) iter.Seq2[StoredEntry[Pos], error]

	// EntryKeys yields each key of a kind that has entries, once, in no order that means
	// anything. The first error is the last thing yielded.
	EntryKeys(ctx context.Context, kind string) iter.Seq2[EntryKey, error]
}

// EntryKey names a sequence of system entries.
type EntryKey struct {
	Kind string // begins with an underscore
	Name string // as given by the user: anything that can be an id
}

// String returns "kind name", as error messages name a key.
func (k EntryKey) String() string { return k.Kind + " " + k.Name }

// Entry is a system entry to be recorded.
type Entry struct {
	Key EntryKey
	// Kind says what the entry is, like the kind of an event.
	Kind string
	// Data is the entry, as JSON.
	Data []byte
}

// StoredEntry is a system entry as it was recorded.
type StoredEntry[Pos comparable] struct {
	Position Pos
	Kind     string
	Data     []byte
}
