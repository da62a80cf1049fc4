package core

import (
	"context"
	"errors"
	"fmt"
)

// AggregateKind returns the kind of the aggregates of the repository.
func (r *Repository[A, ID, Pos, M]) AggregateKind() string { return r.aggregate.kind }

// DropState removes what is kept of an aggregate besides its events: the state in the
// cache of this repository, and the snapshot of its schema. The next load folds the events.
// It is for a state that must not be used any more because its events read as others now. A
// snapshot store that is no [RemovableSnapshots] is an error.
func (r *Repository[A, ID, Pos, M]) DropState(ctx context.Context, id ID) error {
	if r.cache != nil {
		r.cache.drop(id)
	}
	if r.snapshots == nil {
		return nil
	}
	snapshots, ok := r.snapshots.store.(RemovableSnapshots[ID])
	if !ok {
		return r.wrap("drop state of", id, fmt.Errorf("%T removes no snapshots", r.snapshots.store))
	}
	return r.wrap("drop state of", id, snapshots.RemoveSnapshot(ctx, r.snapshotKey(id)))
}

// ReleaseUnique releases the unique values that the state of an aggregate has, so that
// other aggregates can take them though this one has them still: see
// [Aggregate.WithUnique]. It is for values that are about to be forgotten. An aggregate
// without events has none.
func (r *Repository[A, ID, Pos, M]) ReleaseUnique(ctx context.Context, id ID) error {
	return r.release(ctx, id, func(key Key[ID], at Version[Pos], has []claim) error {
		return r.journal.release(ctx, key, at, has)
	})
}

// ReleaseStaleUnique releases the unique values that an aggregate has according to their
// entries, and not according to its state. It looks at the entries of all values.
func (r *Repository[A, ID, Pos, M]) ReleaseStaleUnique(ctx context.Context, id ID) error {
	sets := make([]string, len(r.aggregate.uniques))
	for i, u := range r.aggregate.uniques {
		sets[i] = u.set
	}
	return r.release(ctx, id, func(key Key[ID], at Version[Pos], has []claim) error {
		return r.journal.releaseStale(ctx, key, at, sets, has)
	})
}

// release calls f with the unique values that an aggregate has, again after a conflict.
func (r *Repository[A, ID, Pos, M]) release(ctx context.Context, id ID, f func(key Key[ID], at Version[Pos], has []claim) error) error {
	if len(r.aggregate.uniques) == 0 {
		return nil
	}
	for attempt := 0; ; attempt++ {
		at, has, err := r.uniqueValues(ctx, id)
		if err == nil && !at.IsZero() {
			err = f(r.key(id), at, has)
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

// release records claims, if the aggregate is at a version.
func (j mapped[ID, Raw, Pos, M]) release(ctx context.Context, key Key[ID], at Version[Pos], claims []claim) error {
	entries, err := j.claimEntries(ctx, claims)
	if err != nil || len(entries) == 0 {
		return err
	}
	guard := Commit[Raw, Pos, M]{Key: j.key(key), Expected: at}
	_, err = commitTo(ctx, j.store, append([]Commit[Raw, Pos, M]{guard}, entries...)...)
	return err
}

// releaseStale releases what an aggregate has of some sets, save for what it has by its
// state.
func (j mapped[ID, Raw, Pos, M]) releaseStale(ctx context.Context, key Key[ID], at Version[Pos], sets []string, has []claim) error {
	store := j.store.(SystemStore[Raw, Pos, M])
	secret, err := uniqueSecret(ctx, store)
	if err != nil {
		return err
	}
	self, err := j.owner(key)
	if err != nil {
		return err
	}
	kept := make(map[EntryKey]bool)
	for _, c := range has {
		kept[uniqueKey(secret, c.set, c.value)] = true
	}
	for entry, err := range store.EntryKeys(ctx, uniqueKind) {
		if err != nil {
			return err
		}
		if !hasSet(entry, sets) || kept[entry] {
			continue
		}
		owner, taken, err := ownerOf(ctx, store, entry)
		if err == nil && owner == self {
			_, err = commitTo(ctx, j.store, Commit[Raw, Pos, M]{Key: j.key(key), Expected: at},
				Commit[Raw, Pos, M]{Expected: taken, Entry: &Entry{Key: entry, Kind: releasedKind, Data: []byte("{}")}})
		}
		if err != nil {
			return err
		}
	}
	return nil
}
