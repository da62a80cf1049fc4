package core

import (
	"fmt"
	"time"
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
