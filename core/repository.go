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

// WithMetadata returns a repository that records metadata with every event.
func (r *Repository[A, ID, Pos, M]) WithMetadata(metadata M) *Repository[A, ID, Pos, M] {
	return r.WithMetadataFrom(func(context.Context) M { return metadata })
}

// WithMetadataFrom returns a repository that records the result of metadata with
// every event. Metadata is called with the context of the command.
func (r *Repository[A, ID, Pos, M]) WithMetadataFrom(metadata func(context.Context) M) *Repository[A, ID, Pos, M] {
	c := *r
	c.metadata = metadata
	return &c
}

// WithRetries returns a repository that, on a conflict, loads the aggregate
// again and lets the command decide again, at most n times after the first.
// Retries on one aggregate through this repository are serialised, and new
// commands on it wait for them: n need not exceed the number of commands that run
// on the aggregate at once, plus the commits of other processes. From the second
// retry on there is a random pause before each, longer each time. Other errors
// are returned at once. The default is 0.
func (r *Repository[A, ID, Pos, M]) WithRetries(n int) *Repository[A, ID, Pos, M] {
	c := *r
	c.retries = n
	return &c
}

// WithSnapshots returns a repository that loads from snapshots, and offers a new
// one after a commit. A snapshot that cannot be used, or not be stored, is
// logged and never fails a command. A store that fails, or does not answer a load
// in 250 ms or an offer in 500 ms, is left alone for a second, and for longer if
// that happens again; this is logged when it begins and when it ends, and the
// copies of the repository share it. The same warning is logged once a minute. Identifiers
// of a type of their own need [SnapshotsWithIDs]. WithSnapshots panics where positions are
// struct{}: a snapshot would not tell which events come after it.
func (r *Repository[A, ID, Pos, M]) WithSnapshots(snapshots SnapshotStore[ID, Pos]) *Repository[A, ID, Pos, M] {
	r.needOrder("snapshots of %s need")
	c := *r
	c.snapshots = newBoundedSnapshots(r.aggregate.kind, snapshots, r.journal.logger, r.journal.observer())
	return &c
}

// WithCache returns a repository that keeps the state and version of aggregates
// it has used. A command decides on the kept state and commits at once, in one
// round trip. If the aggregate has newer events, the commit is refused, the new
// events are read and the command decides again; that does not count as a retry.
// Before a refusal, or an answer without events, is returned, new events are read
// as well. Load reads new events only.
//
// A command sees a copy of the kept state, and so does a caller of Load. The
// events of a commit are folded without a read if the store returns them: see
// [Committed]. Under [Repository.Unchecked] every command reads new events.
// WithCache panics for a state that cannot be copied, and where positions are
// struct{}.
func (r *Repository[A, ID, Pos, M]) WithCache(cache Cache[A]) *Repository[A, ID, Pos, M] {
	r.needOrder("a cache of %s needs")
	c := *r
	c.cache = newCache[A, ID, Pos](r.aggregate.kind, cache, r.journal.logger)
	return &c
}

func (r *Repository[A, ID, Pos, M]) needOrder(what string) {
	var none Pos
	if _, unordered := any(none).(struct{}); unordered {
		panic("core: " + fmt.Sprintf(what, r.aggregate.kind) + " a store whose positions have an order")
	}
}

// Unchecked returns a repository whose Update and Upsert append whatever version
// the aggregate is at, for events that are true regardless. Create is always
// checked, and so is a command with an id, and one on an aggregate without
// events. No snapshots are taken after an unchecked commit, as its state may
// lack another writer's events.
func (r *Repository[A, ID, Pos, M]) Unchecked() *Repository[A, ID, Pos, M] {
	c := *r
	c.unchecked = true
	return &c
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
