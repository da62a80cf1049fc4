package core

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// AggregateKind returns the kind of the aggregates of the repository.
func (r *Repository[A, ID, Pos, M]) AggregateKind() string { return r.aggregate.kind }

// PayloadOf returns the type that events of a kind were recorded as: see [History]. It is nil
// for a kind that the aggregate does not know.
func (r *Repository[A, ID, Pos, M]) PayloadOf(kind string) reflect.Type {
	return r.aggregate.reader.Payload(kind)
}

// DropState removes what is kept of an aggregate besides its events: the state in the
// cache of this repository, and the snapshots of all schemas. The next load folds the events.
// It is for a state that must not be used any more because its events read as others now. A
// snapshot store that is no [RemovableSnapshots] is an error.
func (r *Repository[A, ID, Pos, M]) DropState(ctx context.Context, id ID) error {
	if r.cache != nil {
		r.cache.drop(id)
	}
	if r.snapshots == nil {
		return nil
	}
	return r.wrap("drop state of", id, removeSnapshots(ctx, r.snapshots.store, r.snapshotKey(id)))
}

func removeSnapshots[ID, Pos comparable](ctx context.Context, from SnapshotStore[ID, Pos], key SnapshotKey[ID]) error {
	snapshots, ok := from.(RemovableSnapshots[ID])
	if !ok {
		return fmt.Errorf("%T removes no snapshots", from)
	}
	return snapshots.RemoveSnapshots(ctx, key)
}

// UniqueEntries returns the keys of the entries of the unique values that the state of an
// aggregate has: see [Aggregate.WithUnique]. An aggregate without events has none.
func (r *Repository[A, ID, Pos, M]) UniqueEntries(ctx context.Context, id ID) (keys []EntryKey, err error) {
	if len(r.aggregate.uniques) == 0 {
		return nil, nil
	}
	_, has, err := r.uniqueValues(ctx, id)
	if err == nil {
		keys, err = r.journal.entryKeys(ctx, has)
	}
	return keys, r.wrap("look up unique values of", id, err)
}

// ReleaseStaleUnique releases the unique values that an aggregate has according to some
// entries and not according to its state, as values that read as others now. Without keys
// it looks at the entries of all values of the sets, one after the other.
func (r *Repository[A, ID, Pos, M]) ReleaseStaleUnique(ctx context.Context, id ID, among ...EntryKey) error {
	if len(r.aggregate.uniques) == 0 {
		return nil
	}
	sets := make([]string, len(r.aggregate.uniques))
	for i, u := range r.aggregate.uniques {
		sets[i] = u.set
	}
	for attempt := 0; ; attempt++ {
		at, has, err := r.uniqueValues(ctx, id)
		if err == nil && !at.IsZero() {
			err = r.journal.releaseStale(ctx, r.key(id), at, has, sets, among)
		}
		if !errors.Is(err, ErrConflict) {
			return r.wrap("release unique values of", id, err)
		}
		if err := shortBackoff.Wait(ctx, attempt); err != nil {
			return err
		}
	}
}

// uniqueValues returns the unique values of an aggregate, as claims that release them.
func (r *Repository[A, ID, Pos, M]) uniqueValues(ctx context.Context, id ID) (at Version[Pos], has []claim, err error) {
	l, err := r.load(ctx, id)
	if err != nil {
		return at, nil, err
	}
	values, err := r.aggregate.values(l.state)
	if err != nil {
		return at, nil, err
	}
	self, err := r.journal.owner(r.key(id))
	if err != nil {
		return at, nil, err
	}
	return l.version, r.aggregate.claims(values, make([]string, len(values)), self), nil
}

func (j mapped[ID, Raw, Pos, M]) entryKeys(ctx context.Context, claims []claim) (keys []EntryKey, err error) {
	if len(claims) == 0 {
		return nil, nil
	}
	secret, err := uniqueSecret(ctx, j.store.(SystemStore[Raw, Pos, M]))
	for _, c := range claims {
		keys = append(keys, uniqueKey(secret, c.set, c.value))
	}
	return keys, err
}

func (j mapped[ID, Raw, Pos, M]) releaseStale(ctx context.Context, key Key[ID], at Version[Pos], has []claim, sets []string, among []EntryKey) error {
	kept, err := j.entryKeys(ctx, has)
	if err != nil {
		return err
	}
	self, err := j.owner(key)
	if err != nil {
		return err
	}
	all := j.store.(SystemStore[Raw, Pos, M]).EntryKeys(ctx, uniqueKind)
	if len(among) > 0 {
		all = func(yield func(EntryKey, error) bool) {
			for _, entry := range among {
				if !yield(entry, nil) {
					return
				}
			}
		}
	}
	for entry, err := range all {
		if err == nil && hasSet(entry, sets) && !slices.Contains(kept, entry) {
			err = j.releaseEntry(ctx, key, at, self, entry)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// releaseEntry releases a unique value if an aggregate has it, which must be at a version.
func (j mapped[ID, Raw, Pos, M]) releaseEntry(ctx context.Context, key Key[ID], at Version[Pos], self string, entry EntryKey) error {
	owner, taken, err := ownerOf(ctx, j.store.(SystemStore[Raw, Pos, M]), entry)
	if err != nil || owner != self {
		return err
	}
	_, err = commitTo(ctx, j.store,
		Commit[Raw, Pos, M]{Key: j.key(key), Expected: at},
		Commit[Raw, Pos, M]{Expected: taken, Entry: &Entry{Key: entry, Kind: releasedKind, Data: []byte("{}")}})
	return err
}
