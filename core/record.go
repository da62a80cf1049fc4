package core

import (
	"context"
	"time"
)

// commit records the events that were decided on l, if there are any.
func (r *Repository[A, ID, Pos, M]) commit(ctx context.Context, id ID, l loaded[A, Pos], events []Event, of command) (Version[Pos], error) {
	if len(events) == 0 {
		return l.version, nil
	}
	claims, err := r.claimed(id, l, events)
	if err != nil {
		return l.version, err
	}
	c := r.newCommit(ctx, id, l.version, events, of)
	recorded, err := r.journal.commit(ctx, c, claims)
	if err != nil {
		return l.version, err
	}
	if !c.Unchecked {
		r.recorded(ctx, id, l.version, recorded)
		r.offer(ctx, id, l.age(len(events)))
	}
	return At(recorded.position), nil
}

// newCommit returns the commit of events that were decided on a version.
func (r *Repository[A, ID, Pos, M]) newCommit(ctx context.Context, id ID, on Version[Pos], events []Event, of command) Commit[ID, Pos, M] {
	return Commit[ID, Pos, M]{
		Key: r.key(id), Expected: on,
		Unchecked: r.unchecked && !on.IsZero() && of.id == "" && len(r.aggregate.uniques) == 0,
		Events:    events, Metadata: r.metadata(ctx), CommandID: of.id, Fingerprint: of.fingerprint,
	}
}

// claimed returns what events mean for the unique values of an aggregate.
func (r *Repository[A, ID, Pos, M]) claimed(id ID, l loaded[A, Pos], events []Event) ([]claim, error) {
	if len(r.aggregate.uniques) == 0 {
		return nil, nil
	}
	before, err := r.aggregate.values(l.state)
	if err != nil {
		return nil, err
	}
	if _, err := r.advance(&l.state, events, 0); err != nil {
		return nil, err
	}
	return r.claims(id, before, l.state)
}

// recorded keeps the state after a commit on a version, if there is a cache. It is folded
// from the recorded events on the cached state: the command has seen neither.
func (r *Repository[A, ID, Pos, M]) recorded(ctx context.Context, id ID, on Version[Pos], by answer[Pos]) {
	if r.cache == nil {
		return
	}
	var l loaded[A, Pos]
	if !on.IsZero() {
		var known bool
		if l, known = r.cache.get(ctx, id); !known || l.version != on {
			return
		}
	}
	var unfolded error
	folded := by.each(func(e journalEvent[Pos]) error {
		unfolded = l.add(r.aggregate, e)
		return unfolded
	})
	switch {
	case unfolded != nil: // the commit is recorded all the same
		r.journal.logger().WarnContext(ctx, "cached state not used any more", "aggregate", r.aggregate.kind, "id", id, "error", unfolded)
		r.cache.drop(id)
	case folded:
		r.cache.keep(id, l)
	}
}

// processed returns the version that a command led to, if it has an id and was processed
// before; zero if not.
func (r *Repository[A, ID, Pos, M]) processed(ctx context.Context, id ID, of command) (Version[Pos], error) {
	if of.id == "" {
		return Version[Pos]{}, nil
	}
	l, err := r.load(ctx, id)
	if err != nil {
		return Version[Pos]{}, err
	}
	return l.commands.find(of)
}

// offer offers a snapshot. The events are recorded, so an error here is logged and
// does not fail the command. The state is loaded anew: the command may have
// changed the one that it was given.
func (r *Repository[A, ID, Pos, M]) offer(ctx context.Context, id ID, age SnapshotAge) {
	if err := r.tryOffer(ctx, id, age); err != nil {
		r.snapshots.log(ctx, "snapshot not stored", err, "aggregate", r.aggregate.kind, "id", id)
	}
}

// tryOffer offers a snapshot. A panic, of a method that encodes the state for
// example, is a [PanicError].
func (r *Repository[A, ID, Pos, M]) tryOffer(ctx context.Context, id ID, age SnapshotAge) (err error) {
	defer recoverPanic(&err)
	var l loaded[A, Pos]
	offer, err := r.snapshots.offer(ctx, r.snapshotKey(id), age, func() (_ Snapshot[Pos], err error) {
		if l, err = r.load(ctx, id); err != nil {
			return Snapshot[Pos]{}, err
		}
		return l.snapshot(r.journal.storeID(), r.aggregate)
	})
	if offer == Stored {
		l.since, l.oldest, l.replaces = 0, time.Time{}, ""
		r.cache.put(ctx, id, l)
	}
	return err
}

// claims returns what the new state of an aggregate means for its unique values.
func (r *Repository[A, ID, Pos, M]) claims(id ID, before []string, state A) ([]claim, error) {
	after, err := r.aggregate.values(state)
	if err != nil {
		return nil, err
	}
	owner, err := r.journal.owner(r.key(id))
	return r.aggregate.claims(before, after, owner), err
}
