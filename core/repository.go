package core

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// Repository runs commands on the aggregates of one kind: it loads the state,
// lets the command decide, and commits the events on the version that was
// loaded.
//
// The verb is the precondition: Create needs an aggregate without events, Update
// one with events, Upsert takes both. Each returns the version that the
// aggregate is at afterwards, the token for reading one's own write. A command
// that answers with no events writes nothing, and the version is the one it saw;
// beside an error, too, it is the one that was seen, zero if none was.
//
// Errors say what was done to what, and wrap the reason: the command's own
// error, [ErrNotFound], [ErrExists], a [ConflictError], [ErrUnknownEvent], or an
// error of the store. After [ErrUnknownOutcome] the command may have been
// recorded; one that has an id can simply be sent again: see [WithCommandID].
//
// A Repository is immutable and safe for concurrent use; its With methods return
// a changed copy.
type Repository[A any, ID, Pos comparable, M any] struct {
	journal   journal[ID, Pos, M]
	aggregate *Aggregate[A]
	snapshots SnapshotStore[ID, Pos]
	cache     *cache[A, ID, Pos]
	turns     *turns[ID]
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
// of a type of their own. Raw says what the store knows an identifier as: it
// must give different ones for different identifiers, and always the same.
func NewRepositoryWithIDs[A any, ID, Raw, Pos comparable, M any](store EventStore[Raw, Pos, M], aggregate *Aggregate[A], raw func(ID) Raw) *Repository[A, ID, Pos, M] {
	return &Repository[A, ID, Pos, M]{
		journal:   mapped[ID, Raw, Pos, M]{store, raw},
		aggregate: aggregate,
		snapshots: NoSnapshots[ID, Pos]{},
		turns:     &turns[ID]{taken: make(map[ID]*turn)},
		metadata:  func(context.Context) (none M) { return none },
	}
}

// WithMetadata returns a repository that records metadata with every event.
func (r *Repository[A, ID, Pos, M]) WithMetadata(metadata M) *Repository[A, ID, Pos, M] {
	return r.WithMetadataFrom(func(context.Context) M { return metadata })
}

// WithMetadataFrom returns a repository that records with every event what
// metadata makes of the context of the command.
func (r *Repository[A, ID, Pos, M]) WithMetadataFrom(metadata func(context.Context) M) *Repository[A, ID, Pos, M] {
	c := *r
	c.metadata = metadata
	return &c
}

// WithRetries returns a repository that, on a conflict, loads the aggregate
// again and lets the command decide again, at most n times after the first.
// While one does so, the others on that aggregate through this repository wait
// for their turn: so n need not be larger than the number of commands that are
// under way there at once, but for what other processes write. After the first
// retry there is a pause before each, longer each time and never the same. Other
// errors are returned at once. The default is 0.
func (r *Repository[A, ID, Pos, M]) WithRetries(n int) *Repository[A, ID, Pos, M] {
	c := *r
	c.retries = n
	return &c
}

// WithSnapshots returns a repository that loads from snapshots, and offers a new
// one after a commit. A snapshot that cannot be used, or not be stored, is
// logged and never fails a command. WithSnapshots panics where positions are
// struct{}: a snapshot would not tell which events come after it.
func (r *Repository[A, ID, Pos, M]) WithSnapshots(snapshots SnapshotStore[ID, Pos]) *Repository[A, ID, Pos, M] {
	r.needOrder("snapshots of %s need")
	c := *r
	c.snapshots = snapshots
	return &c
}

// WithCache returns a repository that keeps the state and version of aggregates
// it has used. A command decides on what is kept and commits at once, in one
// round trip; if the aggregate has gone on since, the commit is refused, and the
// events that are new are read before the command decides again. That does not
// count as a retry. A refusal, and an answer without events, are given only after
// a look at what is new; a Load reads no more than that either.
//
// The command sees a copy of what is kept, and so does a caller of Load. Where
// the store is a [RecordingStore], what a commit recorded is folded without
// being read. Under [Repository.Unchecked] every command reads what is new.
// WithCache panics for a state that cannot be copied, and where positions are
// struct{}.
func (r *Repository[A, ID, Pos, M]) WithCache(cache Cache[A]) *Repository[A, ID, Pos, M] {
	r.needOrder("a cache of %s needs")
	c := *r
	c.cache = newCache[A, ID, Pos](r.aggregate.kind, cache)
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
// The command sees the zero state, so nothing is loaded; if it refuses, that is
// the error even where the aggregate exists.
func (r *Repository[A, ID, Pos, M]) Create(ctx context.Context, id ID, cmd Command[A]) (Version[Pos], error) {
	v, err := r.create(ctx, id, cmd)
	return v, r.wrap("create", id, err)
}

// Update runs cmd on an aggregate that must exist, or returns [ErrNotFound].
func (r *Repository[A, ID, Pos, M]) Update(ctx context.Context, id ID, cmd Command[A]) (Version[Pos], error) {
	v, err := r.execute(ctx, id, cmd, true)
	return v, r.wrap("update", id, err)
}

// Upsert runs cmd on an aggregate that may or may not exist.
func (r *Repository[A, ID, Pos, M]) Upsert(ctx context.Context, id ID, cmd Command[A]) (Version[Pos], error) {
	v, err := r.execute(ctx, id, cmd, false)
	return v, r.wrap("upsert", id, err)
}

func (r *Repository[A, ID, Pos, M]) create(ctx context.Context, id ID, cmd Command[A]) (Version[Pos], error) {
	var none loaded[A, Pos]
	events, err := r.decide(none, cmd)
	if err != nil {
		return none.version, err
	}
	v, err := r.commit(ctx, id, none, events)
	if errors.Is(err, ErrConflict) {
		if v, err = r.handled(ctx, id); err == nil && v.IsZero() {
			err = ErrExists
		}
	}
	return v, err
}

func (r *Repository[A, ID, Pos, M]) execute(ctx context.Context, id ID, cmd Command[A], mustExist bool) (Version[Pos], error) {
	mine := false // the aggregate's turn
	if r.retries > 0 && r.turns.wanted(id) {
		if err := r.turns.take(ctx, id); err != nil {
			return Version[Pos]{}, err
		}
		defer r.turns.give(id)
		mine = true
	}
	if v, final, err := r.fromCache(ctx, id, cmd); final {
		return v, err
	}
	for attempt := 0; ; attempt++ {
		l, err := r.load(ctx, id)
		if err != nil {
			return l.version, err
		}
		if v := l.commands.find(CommandID(ctx)); !v.IsZero() {
			return v, nil
		}
		if mustExist && l.version.IsZero() {
			return l.version, ErrNotFound
		}
		events, err := r.decide(l, cmd)
		if err != nil {
			return l.version, err
		}
		v, err := r.commit(ctx, id, l, events)
		if !errors.Is(err, ErrConflict) {
			return v, err
		}
		if attempt >= r.retries {
			// The commit that was in the way may have been this very command.
			if v, seen := r.handled(ctx, id); seen != nil || !v.IsZero() {
				return v, seen
			}
			return l.version, err
		}
		if mine {
			err = shortBackoff.Wait(ctx, attempt)
		} else if err = r.turns.take(ctx, id); err == nil {
			defer r.turns.give(id)
			mine = true
		}
		if err != nil {
			return l.version, err
		}
	}
}

// fromCache runs cmd on what the cache has. What it decides there is final only
// if it is recorded: the state may be an old one.
func (r *Repository[A, ID, Pos, M]) fromCache(ctx context.Context, id ID, cmd Command[A]) (v Version[Pos], final bool, err error) {
	if r.unchecked {
		return v, false, nil
	}
	l, ok := r.cache.get(ctx, id)
	if !ok {
		return v, false, nil
	}
	if v := l.commands.find(CommandID(ctx)); !v.IsZero() {
		return v, true, nil
	}
	events, err := r.decide(l, cmd)
	if err != nil || len(events) == 0 {
		return v, false, err
	}
	v, err = r.commit(ctx, id, l, events)
	return v, !errors.Is(err, ErrConflict), err
}

// decide lets cmd decide on l.
func (r *Repository[A, ID, Pos, M]) decide(l loaded[A, Pos], cmd Command[A]) ([]Event, error) {
	events, err := cmd.Handle(l.state)
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		if err := r.aggregate.check(e); err != nil {
			return nil, err
		}
	}
	return events, nil
}

// commit records what was decided on l, if it is anything.
func (r *Repository[A, ID, Pos, M]) commit(ctx context.Context, id ID, l loaded[A, Pos], events []Event) (Version[Pos], error) {
	if len(events) == 0 {
		return l.version, nil
	}
	command := CommandID(ctx)
	unchecked := r.unchecked && !l.version.IsZero() && command == ""
	c := Commit[ID, Pos, M]{
		Key: r.key(id), Expected: l.version, Unchecked: unchecked,
		Events: events, Metadata: r.metadata(ctx), CommandID: command,
	}
	record := r.journal.record
	if r.cache != nil && !unchecked {
		record = r.recordAndKeep
	}
	at, err := record(ctx, c)
	if err != nil {
		return l.version, err
	}
	if !unchecked {
		r.offer(ctx, id, l.since+len(events))
	}
	return At(at), nil
}

// recordAndKeep records c, and keeps the state that it led to. That is folded
// from what was recorded, on what was kept before: the command has seen neither.
func (r *Repository[A, ID, Pos, M]) recordAndKeep(ctx context.Context, c Commit[ID, Pos, M]) (Pos, error) {
	id := c.Key.ID
	var l loaded[A, Pos]
	known := c.Expected.IsZero()
	if !known {
		l, known = r.cache.get(ctx, id)
		known = known && l.version == c.Expected
	}
	at, told, err := r.journal.recordAnd(ctx, c, func(e entry[Pos]) error { return l.add(r.aggregate, e) })
	if err == nil && told && known {
		r.cache.keep(id, l)
	}
	return at, err
}

// handled returns the version that the command of ctx led to before, if it has
// an id; zero if there is no such command.
func (r *Repository[A, ID, Pos, M]) handled(ctx context.Context, id ID) (Version[Pos], error) {
	command := CommandID(ctx)
	if command == "" {
		return Version[Pos]{}, nil
	}
	l, err := r.load(ctx, id)
	return l.commands.find(command), err
}

// offer offers a snapshot. The events are recorded by now, so nothing that goes
// wrong here may fail the command. The state is loaded anew: what the command
// was given may not be what a replay gives, for the command could change it.
func (r *Repository[A, ID, Pos, M]) offer(ctx context.Context, id ID, since int) {
	var l loaded[A, Pos]
	offer, err := r.snapshots.OfferSnapshot(ctx, r.snapshotKey(id), since, func() (_ Snapshot[Pos], err error) {
		if l, err = r.load(ctx, id); err != nil {
			return Snapshot[Pos]{}, err
		}
		return l.snapshot(r.journal.storeID(), r.aggregate)
	})
	if offer == Stored {
		l.since, l.replaces = 0, ""
		r.cache.put(ctx, id, l)
	}
	if err != nil {
		slog.WarnContext(ctx, "snapshot not stored", "aggregate", r.aggregate.kind, "id", id, "error", err)
	}
}

func (r *Repository[A, ID, Pos, M]) key(id ID) Key[ID] { return Key[ID]{r.aggregate.kind, id} }

func (r *Repository[A, ID, Pos, M]) snapshotKey(id ID) SnapshotKey[ID] {
	return SnapshotKey[ID]{Role: AggregateSnapshot, Kind: r.aggregate.kind, ID: id, Schema: r.aggregate.schema}
}

func (r *Repository[A, ID, Pos, M]) wrap(verb string, id ID, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s %v: %w", verb, r.aggregate.kind, id, err)
}
