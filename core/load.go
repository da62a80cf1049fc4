package core

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// loaded is an aggregate as it was read.
type loaded[A any, Pos comparable] struct {
	state    A
	version  Version[Pos]
	eventID  string       // of the last event; empty if last tells it
	last     CommitInfo   // its place in its commit
	since    int          // events that no snapshot holds
	commands handled[Pos] // those with an id
	replaces string       // the event of a snapshot that could not be used
}

// id identifies the last event.
func (l *loaded[A, Pos]) id() string {
	if at, ok := l.version.Position(); ok && l.eventID == "" {
		return eventID(l.last, at)
	}
	return l.eventID
}

// snapshot returns what is offered as a snapshot.
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

var (
	// errOtherLog says that a snapshot is not of the events that are in the store.
	errOtherLog = errors.New("snapshot is not of these events")
	// errShortLog says that the events end before a snapshot does.
	errShortLog = fmt.Errorf("%w: they end before it", errOtherLog)
)

// shortReads is how often a log is read again that seems to end before a
// snapshot does: the one who answered may only not have come that far, as a
// leader that was deposed and does not know it.
const shortReads = 3

// load reads an aggregate, and keeps what it read if there is a cache.
func (r *Repository[A, ID, Pos, M]) load(ctx context.Context, id ID) (loaded[A, Pos], error) {
	l, err := r.read(ctx, id)
	if err == nil {
		r.cache.put(ctx, id, l)
	}
	return l, err
}

// read reads what the cache or a snapshot has of an aggregate, and the events
// after that. What cannot be used of them is left, and all events are read
// instead.
func (r *Repository[A, ID, Pos, M]) read(ctx context.Context, id ID) (loaded[A, Pos], error) {
	l, ok := r.cache.get(ctx, id)
	if ok {
		read, err := r.replayFrom(ctx, id, l)
		if !errors.Is(err, errOtherLog) {
			return read, err
		}
		r.cache.drop(id)
	}
	l, ok = r.loadSnapshot(ctx, id)
	if !ok {
		return r.replay(ctx, id, l)
	}
	of := l.id()
	read, err := r.replayFrom(ctx, id, l)
	if errors.Is(err, errOtherLog) {
		r.ignored(ctx, id, err)
		return r.replay(ctx, id, loaded[A, Pos]{replaces: of})
	}
	return read, err
}

// replayFrom folds the events after l, which is not the beginning.
func (r *Repository[A, ID, Pos, M]) replayFrom(ctx context.Context, id ID, l loaded[A, Pos]) (loaded[A, Pos], error) {
	read, err := r.replay(ctx, id, l)
	for i := 0; i < shortReads && errors.Is(err, errShortLog); i++ {
		if err := shortBackoff.Wait(ctx, 4+i); err != nil {
			return loaded[A, Pos]{}, err
		}
		read, err = r.replay(ctx, id, l)
	}
	return read, err
}

// loadSnapshot returns the aggregate as its snapshot has it; false if there is
// none that can be used.
func (r *Repository[A, ID, Pos, M]) loadSnapshot(ctx context.Context, id ID) (loaded[A, Pos], bool) {
	var l loaded[A, Pos]
	snap, ok, err := r.snapshots.LoadSnapshot(ctx, r.snapshotKey(id), &l.state)
	switch {
	case err != nil:
	case !ok:
		return loaded[A, Pos]{}, false
	case snap.StoreID != r.journal.storeID():
		err = fmt.Errorf("snapshot is of store %q", snap.StoreID)
	case snap.Table != r.aggregate.hash:
		err = errors.New("snapshot is of other kinds of events")
	}
	if err != nil {
		r.ignored(ctx, id, err)
		return loaded[A, Pos]{}, false
	}
	l.version, l.eventID, l.commands = At(snap.Position), snap.EventID, snap.Commands
	return l, true
}

func (r *Repository[A, ID, Pos, M]) ignored(ctx context.Context, id ID, err error) {
	slog.WarnContext(ctx, "snapshot not used, replaying events", "aggregate", r.aggregate.kind, "id", id, "error", err)
}

// replay folds the events after l. It begins with the event that l ends with, to
// see that it is the one that l knows.
func (r *Repository[A, ID, Pos, M]) replay(ctx context.Context, id ID, l loaded[A, Pos]) (loaded[A, Pos], error) {
	from := l.version
	known := from.IsZero()
	err := r.journal.replay(ctx, r.key(id), from, func(e entry[Pos]) error {
		if !known {
			known = true
			if At(e.position) != from || e.eventID() != l.id() {
				return errOtherLog
			}
			return nil
		}
		return l.add(r.aggregate, e)
	})
	if err == nil && !known {
		err = errShortLog
	}
	if err != nil {
		return loaded[A, Pos]{}, err
	}
	return l, nil
}

// add folds the next event.
func (l *loaded[A, Pos]) add(g *Aggregate[A], e entry[Pos]) error {
	if fold, ok := g.table[e.kind]; ok {
		if err := fold(&l.state, e.source); err != nil {
			return &DecodeError{Kind: e.kind, Position: fmt.Sprint(e.position), Err: err}
		}
	}
	l.version, l.eventID, l.last = At(e.position), "", e.commit
	l.commands = l.commands.add(e.commandID, e.position)
	l.since++
	return nil
}
