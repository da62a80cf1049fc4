package core

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jetsource/jetsource/core/internal/bounded"
)

// The bounds of a snapshot store that commands wait for. A write is two round trips.
const (
	snapshotLoadBound  = 250 * time.Millisecond
	snapshotOfferBound = 500 * time.Millisecond
)

// boundedSnapshots is the snapshot store of a repository and its copies. One that
// fails or does not answer is left alone for a while, and so is a snapshot that it
// refused: see [SnapshotStore].
type boundedSnapshots[ID, Pos comparable] struct {
	store   SnapshotStore[ID, Pos]
	loads   bounded.Calls
	offers  bounded.Calls
	refused refusals[ID]
	absent  absences[ID]
	observe *Observer
	warnings
}

func newBoundedSnapshots[ID, Pos comparable](kind string, store SnapshotStore[ID, Pos], log func() *slog.Logger, observe *Observer) *boundedSnapshots[ID, Pos] {
	return &boundedSnapshots[ID, Pos]{
		store:    store,
		loads:    bounded.Calls{Name: "load of snapshots of " + kind, Bound: snapshotLoadBound, Log: log},
		offers:   bounded.Calls{Name: "store of snapshots of " + kind, Bound: snapshotOfferBound, Log: log},
		observe:  observe,
		warnings: warnings{to: log},
	}
}

// load returns the snapshot of key; false if there is none, or was none a moment ago, or
// the store is left alone. An error is one of the snapshot, or the end of ctx.
func (s *boundedSnapshots[ID, Pos]) load(ctx context.Context, key SnapshotKey[ID], state any) (snap Snapshot[Pos], ok bool, err error) {
	if s == nil || s.absent.has(key.ID) {
		return snap, false, nil
	}
	if s.observe.Snapshot != nil {
		ended := s.begin(&ctx, "load", key)
		defer func() { ended(SnapshotEnd{ok, err}) }()
	}
	err = s.loads.Do(ctx, func(c *bounded.Call) (err error) {
		defer func() {
			if _, ok := err.(*PanicError); ok { //nolint:errorlint // of a method that decodes the state
				err = &SnapshotReadError{Err: err}
			}
		}()
		defer recoverPanic(&err)
		snap, ok, err = s.store.LoadSnapshot(c, key, state)
		return err
	}, isStoreFailure)
	if isStoreFailure(err) {
		return Snapshot[Pos]{}, false, ctx.Err()
	}
	if err == nil && !ok {
		s.absent.add(key.ID)
	}
	return snap, ok, err
}

// offer offers a snapshot, unless it was refused or the store is left alone. An
// error is one of the snapshot.
func (s *boundedSnapshots[ID, Pos]) offer(ctx context.Context, key SnapshotKey[ID], age SnapshotAge, create func() (Snapshot[Pos], error)) (answer SnapshotOffer, err error) {
	if s == nil || s.loads.Paused() || !s.refused.allows(key.ID, age.Events) {
		return Declined, nil
	}
	if s.observe.Snapshot != nil {
		ended := s.begin(&ctx, "offer", key)
		defer func() { ended(SnapshotEnd{answer == Stored, err}) }()
	}
	var failed error // of create
	err = s.offers.Do(ctx, func(c *bounded.Call) (err error) {
		defer func() {
			if _, ok := err.(*PanicError); ok { //nolint:errorlint // of a method that encodes the state
				err = &SnapshotCreateError{Err: err}
			}
		}()
		defer recoverPanic(&err)
		answer, err = s.store.OfferSnapshot(c, key, age, func() (snap Snapshot[Pos], err error) {
			c.Untimed(func() { snap, err = create() })
			failed = err
			return snap, err
		})
		return err
	}, isStoreFailure)
	if answer == Stored {
		s.absent.remove(key.ID)
	}
	if _, refused := errors.AsType[*SnapshotCreateError](err); refused && failed == nil && !s.refused.add(key.ID, age.Events, err) {
		return answer, nil // was logged
	}
	if isStoreFailure(err) {
		err = nil
	}
	return answer, err
}

// begin tells the observer, and changes ctx to what it returns.
func (s *boundedSnapshots[ID, Pos]) begin(ctx *context.Context, verb string, key SnapshotKey[ID]) (end func(SnapshotEnd)) {
	*ctx, end = s.observe.Snapshot(*ctx, SnapshotInfo{Verb: verb, Role: key.Role, Kind: key.Kind})
	return end
}

// isStoreFailure reports whether an error is one of a snapshot store, not of one
// snapshot.
func isStoreFailure(err error) bool {
	if err == nil {
		return false
	}
	_, read := errors.AsType[*SnapshotReadError](err)
	_, create := errors.AsType[*SnapshotCreateError](err)
	return !read && !create
}
