package core

import (
	"context"
	"log/slog"
	"time"

	"github.com/jetsource/jetsource/core/internal/fold"
)

// journal is the part of a store that a repository uses, with identifiers of the
// aggregate's own type.
type journal[ID, Pos comparable, M any] interface {
	// replay calls apply with each event of an aggregate, from a position on.
	replay(ctx context.Context, key Key[ID], from Version[Pos], apply func(journalEvent[Pos]) error) error
	// commit records c and claims to unique values, all or none.
	commit(ctx context.Context, c Commit[ID, Pos, M], claims []claim) (answer[Pos], error)
	// owner names an aggregate as the owner of a unique value.
	owner(key Key[ID]) (string, error)
	// entries returns the commits of entries that record claims.
	entries(ctx context.Context, claims []claim) ([]Commit[ID, Pos, M], error)
	// entryKeys returns the keys of the entries of claimed values.
	entryKeys(ctx context.Context, claims []claim) ([]EntryKey, error)
	// releaseStale releases what an aggregate at a version has by some entries, or by all of
	// some sets, and not by its claims.
	releaseStale(ctx context.Context, key Key[ID], at Version[Pos], has []claim, sets []string, among []EntryKey) error
	// supportsUnique reports whether there can be unique values.
	supportsUnique() bool
	version(ctx context.Context, key Key[ID]) (Version[Pos], error)
	// needsKey reports whether to commit events would store a key: see [KeyedStore].
	needsKey(events []Event) bool
	// reread returns an event as it will be read when it was recorded.
	reread(e Event) (fold.Source, error)
	// events calls each with the events of an aggregate.
	events(ctx context.Context, key Key[ID], each func(Envelope[ID, Pos, M], fold.Source) error) error
	// compare orders positions; false if the store has no order.
	compare(a, b Pos) (order int, ordered bool)
	storeID() string
	logger() *slog.Logger
	observer() *Observer

	// The following are for transactions, which know the types that the store has: isOf
	// tells whether it is that store, and the others take and return those types.
	isOf(store any) bool
	rawKey(key Key[ID]) any
	raw(commits ...Commit[ID, Pos, M]) any
	answers(committed any) []answer[Pos]
}

// answer is the store's answer to a commit.
type answer[Pos comparable] struct {
	position Pos
	// each calls apply with each event as it was recorded; false if the store does not
	// tell, or apply fails.
	each func(apply func(journalEvent[Pos]) error) bool
}

// journalEvent is a stored event without the types that a repository does not
// use.
type journalEvent[Pos comparable] struct {
	kind     string
	position Pos
	time     time.Time
	commit   CommitInfo
	command  command
	source   fold.Source
}

func (e journalEvent[Pos]) eventID() string { return eventID(e.commit, e.position) }
