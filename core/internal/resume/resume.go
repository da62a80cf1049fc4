// Package resume goes on from a snapshot: it checks that the snapshot was made
// from the events of the store, and finds the event that it ends with.
package resume

import (
	"errors"
	"fmt"
)

var (
	// ErrOtherLog says that a snapshot was not made from the events of the store.
	ErrOtherLog = errors.New("snapshot is not of these events")
	// ErrShortLog says that the events end before the snapshot does.
	ErrShortLog = fmt.Errorf("%w: they end before it", ErrOtherLog)
)

// StoreID returns the identifier of a store; empty if it has none.
func StoreID(store any) string {
	if s, ok := store.(interface{ StoreID() string }); ok {
		return s.StoreID()
	}
	return ""
}

// Origin says what a state was folded from.
type Origin struct {
	StoreID string
	Table   string // the hash of the kinds that were folded
}

// Check returns an error if a snapshot has another origin than o.
func (o Origin) Check(snapshot Origin) error {
	switch {
	case snapshot.StoreID != o.StoreID:
		return fmt.Errorf("snapshot is of store %q", snapshot.StoreID)
	case snapshot.Table != o.Table:
		return errors.New("snapshot is of other kinds of events")
	}
	return nil
}

// Point is the event that a state ends with, until the store has shown that it
// has this event. The zero Point is before the first event.
type Point[Pos comparable] struct {
	position Pos
	eventID  string
	pending  bool // the store has not shown the event yet
}

// At returns the point of the event at a position.
func At[Pos comparable](position Pos, eventID string) Point[Pos] {
	return Point[Pos]{position: position, eventID: eventID, pending: true}
}

// Pending reports whether the store has yet to show the event.
func (p *Point[Pos]) Pending() bool { return p.pending }

// EventID returns the event ID of the point; empty for the zero Point.
func (p *Point[Pos]) EventID() string { return p.eventID }

// Match compares the next event of a read with the point. It returns true for an
// event that comes after the point, and [ErrOtherLog] for another event in its
// place.
func (p *Point[Pos]) Match(position Pos, eventID string) (fresh bool, err error) {
	if !p.pending {
		return true, nil
	}
	if position != p.position || eventID != p.eventID {
		return false, ErrOtherLog
	}
	p.pending = false
	return false, nil
}

// End returns [ErrShortLog] if a read has ended and not shown the event.
func (p *Point[Pos]) End() error {
	if p.pending {
		return ErrShortLog
	}
	return nil
}
