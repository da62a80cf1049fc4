package core

import (
	"context"
	"fmt"
)

// Repository runs commands on the aggregates of one kind: it loads the state,
// lets the command decide, and commits the events on the version that was
// loaded.
//
// The verb is the precondition: Create needs an aggregate without events, Update
// one with events, Upsert takes both. Each returns the version that the
// aggregate is at afterwards, the token for reading one's own write. A command
// that answers with no events writes nothing, and the version is the one that was
// loaded. Beside an error, too, the version is the loaded one, or zero.
//
// Errors say what was done to what, and wrap the reason: the command's own
// error, [ErrNotFound], [ErrExists], a [ConflictError], [ErrUnknownEvent],
// [ErrNilCommand], or an error of the store. After [ErrUnknownOutcome] the command may have been
// recorded; one that has an id can simply be sent again: see [WithCommandID].
//
// A Repository is immutable and safe for concurrent use; its With methods return
// a changed copy.
type Repository[A any, ID, Pos comparable, M any] struct {
	journal   journal[ID, Pos, M]
	aggregate *Aggregate[A]
	snapshots *boundedSnapshots[ID, Pos] // nil for none
	cache     *cache[A, ID, Pos]
	retrying  *keyedMutex[ID] // held by a command that retries on an aggregate
	metadata  func(context.Context) M
	retries   int
	unchecked bool
}

// NewRepository returns a repository of the aggregates in store. It checks
// versions, keeps no snapshots, records no metadata and does not retry.
func NewRepository[A any, ID, Pos comparable, M any](store EventStore[ID, Pos, M], aggregate *Aggregate[A]) *Repository[A, ID, Pos, M] {
	return NewRepositoryWithIDs(store, aggregate, func(id ID) ID { return id })
}

// NewRepositoryWithIDs is [NewRepository] for an aggregate whose identifiers are
// of a type of their own. Raw returns the identifier that the store uses: another
// one for each identifier, and always the same.
func NewRepositoryWithIDs[A any, ID, Raw, Pos comparable, M any](store EventStore[Raw, Pos, M], aggregate *Aggregate[A], raw func(ID) Raw) *Repository[A, ID, Pos, M] {
	r := &Repository[A, ID, Pos, M]{
		journal:   mapped[ID, Raw, Pos, M]{store, raw, ObserverOf(store)},
		aggregate: aggregate,
		retrying:  newKeyedMutex[ID](),
		metadata:  func(context.Context) (none M) { return none },
	}
	if len(aggregate.uniques) > 0 && !r.journal.supportsUnique() {
		panic(fmt.Sprintf("core: the unique values of %s need a store that is a SystemStore", aggregate.kind))
	}
	return r
}

// Load returns the aggregate and the version it is at, or [ErrNotFound].
func (r *Repository[A, ID, Pos, M]) Load(ctx context.Context, id ID) (A, Version[Pos], error) {
	l, err := r.load(ctx, id)
	if err == nil && l.version.IsZero() {
		err = ErrNotFound
	}
	return l.state, l.version, r.wrap("load", id, err)
}

// Create runs cmd on an aggregate that must not exist, or returns [ErrExists].
// The command sees the zero state, so nothing is loaded; if it refuses, its error
// is returned even if the aggregate exists. One with an id that was recorded before is
// answered as then, also if it would refuse by now.
func (r *Repository[A, ID, Pos, M]) Create(ctx context.Context, id ID, cmd Command[A]) (Version[Pos], error) {
	return r.run(ctx, "create", id, request[A, Pos]{cmd: cmd, mustBeNew: true})
}

// Update runs cmd on an aggregate that must exist, or returns [ErrNotFound].
func (r *Repository[A, ID, Pos, M]) Update(ctx context.Context, id ID, cmd Command[A]) (Version[Pos], error) {
	return r.run(ctx, "update", id, request[A, Pos]{cmd: cmd, mustExist: true})
}

// UpdateAt runs cmd on an aggregate that must be exactly at version, as an HTTP client
// asks for with If-Match, or returns a [ConflictError]. It does not retry. A command with
// an id that was recorded before is answered as then, whatever version the aggregate is at.
func (r *Repository[A, ID, Pos, M]) UpdateAt(ctx context.Context, id ID, version Version[Pos], cmd Command[A]) (Version[Pos], error) {
	return r.run(ctx, "update", id, request[A, Pos]{cmd: cmd, mustExist: true, exactly: &version})
}

// Upsert runs cmd on an aggregate that may or may not exist.
func (r *Repository[A, ID, Pos, M]) Upsert(ctx context.Context, id ID, cmd Command[A]) (Version[Pos], error) {
	return r.run(ctx, "upsert", id, request[A, Pos]{cmd: cmd})
}

func (r *Repository[A, ID, Pos, M]) key(id ID) Key[ID] { return Key[ID]{r.aggregate.kind, id} }

func (r *Repository[A, ID, Pos, M]) snapshotKey(id ID) SnapshotKey[ID] {
	return SnapshotKey[ID]{
		Store: r.journal.storeID(), Role: AggregateSnapshot, Kind: r.aggregate.kind, ID: id, Schema: r.aggregate.schema,
	}
}

func (r *Repository[A, ID, Pos, M]) wrap(verb string, id ID, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s %v: %w", verb, r.aggregate.kind, id, err)
}
