package core

import (
	"context"
	"fmt"
)

// Commit is what a store is asked to record for one aggregate: some events, all
// or none. With Entry set it records a system entry instead. Without events it is a
// guard: see [Commit.IsGuard].
type Commit[ID, Pos comparable, M any] struct {
	// Key names the aggregate.
	Key Key[ID]
	// Expected is the version the aggregate must be at; the zero Version expects
	// an aggregate without events.
	Expected Version[Pos]
	// Unchecked records the events whatever version the aggregate is at.
	// Expected is then ignored.
	Unchecked bool
	// Events are the events to record, in order. A guard has none.
	Events []Event
	// Metadata is recorded beside each of the events.
	Metadata M
	// CommandID is recorded beside each of the events, unless it is empty. A store
	// does not check whether it was recorded before: a [Repository] does.
	CommandID string
	// Fingerprint tells the command from others, and is recorded with CommandID. It is
	// empty if it is not known.
	Fingerprint string
	// Origin is what the commit came from, and is recorded beside each of the events. The
	// zero Origin is that of the context: see [OriginOf].
	Origin Origin
	// Entry, if not nil, is recorded in place of events. Expected and Unchecked
	// are then about the entry's key, and the other fields are not used. Only a
	// [SystemStore] takes entries.
	Entry *Entry
}

// Committed is a store's answer to one commit that it recorded.
type Committed[ID, Pos comparable, M any] struct {
	// Position is that of the commit's last event; of a guard, the one it expects.
	Position Pos
	// Events returns the events as LoadEvents yields them, save for their Time,
	// which may be zero: not every server tells it with its answer. A
	// [Repository] with a cache folds them and need not read them. It is nil where
	// the store cannot tell, for a guard and for a system entry.
	Events func() []StoredEvent[ID, Pos, M]
}

// Target returns the name of the aggregate or entry that the commit is for, as
// error messages give it.
func (c Commit[ID, Pos, M]) Target() string {
	if c.Entry != nil {
		return c.Entry.Key.String()
	}
	return c.Key.String()
}

// IsGuard reports whether the commit is a guard: it has neither events nor an entry, and
// nothing is recorded for its aggregate. The other commits of the call are recorded only
// if the aggregate is at the expected version, as it was when they were decided on.
// A guard takes the place of one event among those that a call can record.
func (c Commit[ID, Pos, M]) IsGuard() bool {
	return c.Entry == nil && len(c.Events) == 0 && !c.Unchecked
}

// CommitEvents appends events to an aggregate, whatever version it is at, and
// returns the position of the last one.
func CommitEvents[ID, Pos comparable, M any](ctx context.Context, store EventStore[ID, Pos, M], key Key[ID], events []Event, metadata M) (Pos, error) {
	return commitOne(ctx, store, Commit[ID, Pos, M]{Key: key, Unchecked: true, Events: events, Metadata: metadata})
}

// CommitEventsOptimistic is [CommitEvents] if the aggregate is exactly at
// expected; the zero Version expects one without events. Otherwise nothing is
// written and the error is a [ConflictError].
func CommitEventsOptimistic[ID, Pos comparable, M any](ctx context.Context, store EventStore[ID, Pos, M], key Key[ID], expected Version[Pos], events []Event, metadata M) (Pos, error) {
	return commitOne(ctx, store, Commit[ID, Pos, M]{Key: key, Expected: expected, Events: events, Metadata: metadata})
}

func commitOne[ID, Pos comparable, M any](ctx context.Context, store EventStore[ID, Pos, M], c Commit[ID, Pos, M]) (Pos, error) {
	committed, err := commitTo(ctx, store, c)
	if err != nil {
		var none Pos
		return none, err
	}
	return committed[0].Position, nil
}

// commitTo makes commits, and returns the store's answer to each.
func commitTo[ID, Pos comparable, M any](ctx context.Context, store EventStore[ID, Pos, M], commits ...Commit[ID, Pos, M]) ([]Committed[ID, Pos, M], error) {
	committed, err := store.Commit(ctx, commits...)
	if err == nil && len(committed) != len(commits) {
		err = fmt.Errorf("store answered %d commits with %d answers", len(commits), len(committed))
	}
	return committed, err
}

// CommitError reports which of the commits of a call was at fault. Nothing was
// written, of none of them.
type CommitError struct {
	// Index is that of the commit among the Count commits of the call, from 0.
	Index, Count int
	// Target names the commit's aggregate or entry: see [Commit.Target].
	Target string
	// Err is the fault.
	Err error
}

func (e *CommitError) Error() string {
	if e.Count > 1 {
		return fmt.Sprintf("commit %d of %d, to %s: %v", e.Index+1, e.Count, e.Target, e.Err)
	}
	return fmt.Sprintf("commit to %s: %v", e.Target, e.Err)
}

// Unwrap returns the fault.
func (e *CommitError) Unwrap() error { return e.Err }
