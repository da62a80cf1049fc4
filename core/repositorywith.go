package core

import (
	"context"
	"fmt"
)

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
