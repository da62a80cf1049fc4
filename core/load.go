package core

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jetsource/jetsource/core/internal/resume"
)

// loaded is an aggregate at a version.
type loaded[A any, Pos comparable] struct {
	state    A
	version  Version[Pos]
	eventID  string         // of the last event; empty if it follows from last
	last     CommitInfo     // its place in its commit
	since    int            // events after the latest snapshot
	oldest   time.Time      // when the first of them was recorded
	commands processed[Pos] // the commands with an id
	replaces string         // the event ID of a snapshot of other events
}

// id identifies the last event.
func (l *loaded[A, Pos]) id() string {
	if at, ok := l.version.Position(); ok && l.eventID == "" {
		return eventID(l.last, at)
	}
	return l.eventID
}

// age returns how old the latest snapshot will be after further events.
func (l *loaded[A, Pos]) age(further int) SnapshotAge {
	age := SnapshotAge{Events: l.since + further}
	if !l.oldest.IsZero() {
		age.Time = max(time.Since(l.oldest), 0)
	}
	return age
}

// snapshot returns the snapshot to offer.
func (l *loaded[A, Pos]) snapshot(storeID string, g *Aggregate[A]) (Snapshot[Pos], error) {
	at, ok := l.version.Position()
	if !ok {
		return Snapshot[Pos]{}, ErrNotFound
	}
	return Snapshot[Pos]{
		Position: at, EventID: l.id(), StoreID: storeID, Table: g.hash,
		Commands: l.commands.latest(), State: l.state, Replaces: l.replaces,
	}, nil
}

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

// add folds the next event.
func (l *loaded[A, Pos]) add(g *Aggregate[A], e journalEvent[Pos]) error {
	if err := foldInto(g, &l.state, e); err != nil {
		return &DecodeError{Kind: e.kind, Position: fmt.Sprint(e.position), Err: err}
	}
	l.version, l.eventID, l.last = At(e.position), "", e.commit
	l.commands = l.commands.add(e.command, e.position)
	if l.since++; l.since == 1 {
		l.oldest = e.time
	}
	return nil
}

// foldInto folds an event. A panic of the handler, an upcast or the codec is a
// [PanicError]; state is not to be used any more after an error.
func foldInto[A any, Pos comparable](g *Aggregate[A], state *A, e journalEvent[Pos]) (err error) {
	defer recoverPanic(&err)
	return g.fold(state, e.kind, e.commit, e.source)
}
