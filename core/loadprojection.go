package core

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// LoadProjection folds a projection from all events in the store, as they are
// now.
func LoadProjection[P any, ID, Pos comparable, M any](ctx context.Context, store EventStore[ID, Pos, M], projection *Projection[P, ID, Pos, M]) (P, error) {
	return loadProjection(ctx, store, projection, nil)
}

// LoadProjectionAt is [LoadProjection] of the events up to a version, as the
// projection was then.
func LoadProjectionAt[P any, ID, Pos comparable, M any](ctx context.Context, store GloballyOrderedStore[ID, Pos, M], projection *Projection[P, ID, Pos, M], at Version[Pos]) (P, error) {
	last, ok := at.Position()
	if !ok {
		return projection.init(), nil
	}
	return loadProjection(ctx, store, projection, func(e *Envelope[ID, Pos, M]) (bool, bool) {
		return true, store.ComparePositions(e.Position, last) <= 0
	})
}

// LoadProjectionAtTime is [LoadProjection] of the events that the store recorded
// up to a time. Clocks step back, so all events are read and asked for theirs.
func LoadProjectionAtTime[P any, ID, Pos comparable, M any](ctx context.Context, store EventStore[ID, Pos, M], projection *Projection[P, ID, Pos, M], at time.Time) (P, error) {
	return loadProjection(ctx, store, projection, func(e *Envelope[ID, Pos, M]) (bool, bool) {
		return !e.Time.After(at), true
	})
}

// loadProjection folds the events that choose takes, for as long as it wants
// more; nil takes all.
func loadProjection[P any, ID, Pos comparable, M any](ctx context.Context, store EventStore[ID, Pos, M], projection *Projection[P, ID, Pos, M], choose func(*Envelope[ID, Pos, M]) (take, more bool)) (P, error) {
	state := projection.init()
	for stored, err := range store.LoadEvents(ctx, projection.table.filters...) {
		take, more := true, true
		if err == nil && choose != nil {
			take, more = choose(&stored.Envelope)
		}
		if !more {
			break
		}
		if err == nil && take {
			err = projection.fold(store, &state, stored)
		}
		if err != nil {
			return state, projection.wrap("load", err)
		}
	}
	return state, nil
}

// LoadProjectionFrom is [LoadProjection] from the last snapshot on. It offers a
// new snapshot when it has folded events. A snapshot that cannot be used, or not
// be stored, is logged.
func LoadProjectionFrom[P any, ID, Pos comparable, M any](ctx context.Context, store GloballyOrderedStore[ID, Pos, M], snapshots SnapshotStore[ID, Pos], projection *Projection[P, ID, Pos, M]) (P, error) {
	s := startProjection(ctx, store, snapshots, projection)
	err := s.load(ctx)
	if errors.Is(err, errOtherLog) {
		s.startAnew(ctx)
		err = s.load(ctx)
	}
	if err != nil {
		return s.state, projection.wrap("load", err)
	}
	s.offer(ctx)
	return s.state, nil
}

// projecting is a projection on its way: what it has come to, and from where.
type projecting[P any, ID, Pos comparable, M any] struct {
	store      EventStore[ID, Pos, M]
	snapshots  SnapshotStore[ID, Pos]
	projection *Projection[P, ID, Pos, M]

	state    P
	version  Version[Pos]
	last     Envelope[ID, Pos, M] // of the event at version
	eventID  string               // of the event at version, until last is known
	known    bool                 // the store has the event at version
	since    int                  // events that no snapshot holds
	replaces string
}

// startProjection starts from the snapshot, if there is one that can be used.
func startProjection[P any, ID, Pos comparable, M any](ctx context.Context, store EventStore[ID, Pos, M], snapshots SnapshotStore[ID, Pos], projection *Projection[P, ID, Pos, M]) *projecting[P, ID, Pos, M] {
	s := &projecting[P, ID, Pos, M]{store: store, snapshots: snapshots, projection: projection}
	s.startOver()
	var state P // not the first state: what that holds would be left in what is decoded
	snap, ok, err := snapshots.LoadSnapshot(ctx, projection.snapshotKey(), &state)
	switch {
	case err != nil:
	case !ok:
		return s
	case snap.StoreID != identity(store):
		err = fmt.Errorf("snapshot is of store %q", snap.StoreID)
	case snap.Table != projection.table.hash():
		err = errors.New("snapshot is of other events")
	}
	if err != nil {
		s.ignored(ctx, err)
		return s
	}
	s.state, s.version, s.eventID, s.known = state, At(snap.Position), snap.EventID, false
	return s
}

func (s *projecting[P, ID, Pos, M]) startOver() {
	s.state, s.version, s.eventID, s.known, s.since = s.projection.init(), Version[Pos]{}, "", true, 0
}

// startAnew forgets a snapshot that is not of the events in the store.
func (s *projecting[P, ID, Pos, M]) startAnew(ctx context.Context) {
	s.ignored(ctx, errOtherLog)
	s.replaces = s.eventID
	s.startOver()
}

func (s *projecting[P, ID, Pos, M]) ignored(ctx context.Context, err error) {
	slog.WarnContext(ctx, "snapshot not used, replaying events", "projection", s.projection.kind, "error", err)
}

// filters asks for the events to come, and for the last one again while it is
// not known that the store has it.
func (s *projecting[P, ID, Pos, M]) filters() []Filter[ID, Pos] {
	if s.known {
		return s.projection.table.after(s.version)
	}
	return s.projection.table.from(s.version)
}

// meet sees whether an event is the one that the snapshot ends with. It returns
// true for an event that is to be folded.
func (s *projecting[P, ID, Pos, M]) meet(stored *StoredEvent[ID, Pos, M]) (bool, error) {
	if s.known {
		return true, nil
	}
	if At(stored.Position) != s.version || stored.EventID() != s.eventID {
		return false, errOtherLog
	}
	s.known = true
	return false, nil
}

// verify makes sure that the store has the event that the snapshot ends with, and
// starts anew if it has not.
func (s *projecting[P, ID, Pos, M]) verify(ctx context.Context) error {
	if s.known {
		return nil
	}
	for stored, err := range s.store.LoadEvents(ctx, s.filters()...) {
		if err == nil {
			_, err = s.meet(&stored)
		}
		if err != nil && !errors.Is(err, errOtherLog) {
			return err
		}
		break
	}
	if !s.known {
		s.startAnew(ctx)
	}
	return nil
}

// load folds the events that the store has.
func (s *projecting[P, ID, Pos, M]) load(ctx context.Context) error {
	for stored, err := range s.store.LoadEvents(ctx, s.filters()...) {
		fresh := false
		if err == nil {
			fresh, err = s.meet(&stored)
		}
		if fresh {
			err = s.add(stored)
		}
		if err != nil {
			return err
		}
	}
	if !s.known {
		return errOtherLog
	}
	return nil
}

// add folds an event.
func (s *projecting[P, ID, Pos, M]) add(stored StoredEvent[ID, Pos, M]) error {
	if err := s.projection.fold(s.store, &s.state, stored); err != nil {
		return err
	}
	s.passed(&stored.Envelope)
	return nil
}

// passed takes note that an event was dealt with.
func (s *projecting[P, ID, Pos, M]) passed(e *Envelope[ID, Pos, M]) {
	s.version, s.last, s.eventID = At(e.Position), *e, ""
	s.since++
}

// offer offers a snapshot. It returns no error: a projection that was folded is
// right without one.
func (s *projecting[P, ID, Pos, M]) offer(ctx context.Context) {
	if s.since == 0 {
		return
	}
	answer, err := s.snapshots.OfferSnapshot(ctx, s.projection.snapshotKey(), s.since, func() (Snapshot[Pos], error) {
		at, _ := s.version.Position()
		return Snapshot[Pos]{
			Position: at, EventID: s.last.EventID(), StoreID: identity(s.store), Table: s.projection.table.hash(),
			State: s.state, Replaces: s.replaces,
		}, nil
	})
	if err != nil {
		slog.WarnContext(ctx, "snapshot not stored", "projection", s.projection.kind, "error", err)
	}
	switch {
	case answer == Stored:
		s.since, s.replaces = 0, ""
	case err != nil:
		s.since = 0 // not again with each event, but when as many have come
	}
}
