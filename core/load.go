package core

import (
	"context"
	"errors"

	"github.com/jetsource/jetsource/core/internal/resume"
)

// shortReads is how often a log is read again that seems to end before a
// snapshot does: the server that answered may lag behind, as a deposed leader
// does.
const shortReads = 3

// load reads an aggregate, and keeps what it read if there is a cache.
func (r *Repository[A, ID, Pos, M]) load(ctx context.Context, id ID) (loaded[A, Pos], error) {
	ctx, stats := r.beginLoad(ctx, id)
	l, err := r.read(ctx, id, stats)
	stats.done(err)
	if err == nil {
		r.cache.put(ctx, id, l)
	}
	return l, err
}

// read starts from the cache or from a snapshot, and reads the events after it. If
// neither belongs to the events of the store, or an event cannot be folded into
// it, all events are read: only what they cannot be folded into is an error.
func (r *Repository[A, ID, Pos, M]) read(ctx context.Context, id ID, stats *loading) (loaded[A, Pos], error) {
	l, ok := r.cache.get(ctx, id)
	if ok {
		stats.from("cache")
		read, err := r.replayFrom(ctx, id, l, stats)
		if !isOfBase(err) {
			return read, err
		}
		r.cache.drop(id)
		if !errors.Is(err, resume.ErrOtherLog) {
			r.journal.logger().WarnContext(ctx, "cached state not used, replaying events", "aggregate", r.aggregate.kind, "id", id, "error", err)
			return r.replay(ctx, id, loaded[A, Pos]{}, stats)
		}
	}
	l, ok = r.loadSnapshot(ctx, id)
	if !ok {
		return r.replay(ctx, id, l, stats)
	}
	stats.from("snapshot")
	of := l.id()
	read, err := r.replayFrom(ctx, id, l, stats)
	if isOfBase(err) {
		r.ignored(ctx, id, err)
		return r.replay(ctx, id, loaded[A, Pos]{replaces: of}, stats)
	}
	return read, err
}

// isOfBase reports whether the state that a read starts from may be the reason
// of an error: it is of other events, or it is not what they fold to and an event
// makes its handler fail.
func isOfBase(err error) bool {
	_, unfolded := errors.AsType[*DecodeError](err)
	return unfolded || errors.Is(err, resume.ErrOtherLog)
}

// replayFrom folds the events after l, which has events.
func (r *Repository[A, ID, Pos, M]) replayFrom(ctx context.Context, id ID, l loaded[A, Pos], stats *loading) (loaded[A, Pos], error) {
	read, err := r.replay(ctx, id, l, stats)
	for i := 0; i < shortReads && errors.Is(err, resume.ErrShortLog); i++ {
		if err := shortBackoff.Wait(ctx, 4+i); err != nil {
			return loaded[A, Pos]{}, err
		}
		read, err = r.replay(ctx, id, l, stats)
	}
	return read, err
}

// loadSnapshot returns the aggregate at its snapshot; false if there is none that
// can be used.
func (r *Repository[A, ID, Pos, M]) loadSnapshot(ctx context.Context, id ID) (loaded[A, Pos], bool) {
	var l loaded[A, Pos]
	snap, ok, err := r.snapshots.load(ctx, r.snapshotKey(id), &l.state)
	switch {
	case err != nil:
	case !ok:
		return loaded[A, Pos]{}, false
	default:
		err = resume.Origin{StoreID: r.journal.storeID(), Table: r.aggregate.hash}.Check(resume.Origin{StoreID: snap.StoreID, Table: snap.Table})
	}
	if err != nil {
		r.ignored(ctx, id, err)
		return loaded[A, Pos]{}, false
	}
	l.version, l.eventID, l.commands = At(snap.Position), snap.EventID, snap.Commands
	return l, true
}

func (r *Repository[A, ID, Pos, M]) ignored(ctx context.Context, id ID, err error) {
	r.snapshots.log(ctx, "snapshot not used, replaying events", err, "aggregate", r.aggregate.kind, "id", id)
}

// replay folds the events after l. It begins with the event that l ends with, to
// check that the store has this event.
func (r *Repository[A, ID, Pos, M]) replay(ctx context.Context, id ID, l loaded[A, Pos], stats *loading) (loaded[A, Pos], error) {
	var start resume.Point[Pos]
	before := l.since
	if l.version.IsZero() {
		stats.from("")
	}
	if at, ok := l.version.Position(); ok {
		start = resume.At(at, l.id())
	}
	err := r.journal.replay(ctx, r.key(id), l.version, func(e journalEvent[Pos]) error {
		fresh, err := start.Match(e.position, e.eventID())
		if fresh {
			err = l.add(r.aggregate, e)
		}
		return err
	})
	if err == nil {
		err = start.End()
	}
	stats.folded(l.since - before)
	if err != nil {
		return loaded[A, Pos]{}, err
	}
	return l, nil
}
