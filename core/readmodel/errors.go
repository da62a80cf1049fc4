package readmodel

import (
	"errors"
	"fmt"

	"github.com/jetsource/jetsource/core/internal/handlers"
)

var (
	// ErrOtherStore says that the tables hold events of another store, as when a backup was
	// restored under an id of its own: give the model another version, and promote that.
	ErrOtherStore = errors.New("tables are of another store")

	// ErrOtherLayout says that the tables were filled by functions for other kinds of
	// events. A model that is changed in that way has another version.
	ErrOtherLayout = errors.New("tables are of other kinds of events")

	// ErrOtherLog says that the store has not, or not at that place, the event that
	// the tables end with.
	ErrOtherLog = errors.New("store has not the event that the tables end with")

	// ErrDamaged says that a function had ended a transaction, so that events may be in
	// the tables for which there is no progress.
	ErrDamaged = errors.New("tables are damaged")

	// ErrDropped says that the tables were dropped while a runner filled them.
	ErrDropped = errors.New("tables were dropped")

	// ErrTransactionEnded says that a function has ended the transaction that it was
	// given.
	ErrTransactionEnded = errors.New("a function has ended the transaction")

	// ErrNotReady is returned by [Promote] for a layout that lags.
	ErrNotReady = errors.New("layout is not up to date")

	// ErrServing is returned by [Drop] for a layout that readers see.
	ErrServing = errors.New("layout is the one that readers see")

	// ErrNoProgress is returned for a layout that no runner has begun.
	ErrNoProgress = errors.New("layout has no progress")

	// ErrNotParked is returned by Replay for an event that is not parked, or not any
	// more.
	ErrNotParked = errors.New("event is not parked")

	// errTakenOver ends the work of a runner after another one has taken over.
	errTakenOver = errors.New("another runner has taken over")
)

// ProgressError reports that a runner cannot go on from the progress of a layout. It
// wraps one of [ErrOtherStore], [ErrOtherLayout], [ErrOtherLog], [ErrDamaged] and
// [ErrDropped].
type ProgressError struct {
	Layout   Layout
	Progress Progress
	Err      error
}

func (e *ProgressError) Error() string {
	return fmt.Sprintf("read model %v, progress at %q: %v", e.Layout, e.Progress.Position, e.Err)
}

// Unwrap returns what is wrong.
func (e *ProgressError) Unwrap() error { return e.Err }

// EventError reports the event that a runner has stopped at. The tables hold the events
// before it.
type EventError struct {
	Layout   Layout
	Kind     string // of the event
	Key      string // of its aggregate, as text
	Position string // as text
	Attempts int
	Err      error // of the last attempt
}

func (e *EventError) Error() string {
	return fmt.Sprintf("read model %v: event at %s (%s of %s), attempt %d: %v", e.Layout, e.Position, e.Kind, e.Key, e.Attempts, e.Err)
}

// Unwrap returns the error of the last attempt.
func (e *EventError) Unwrap() error { return e.Err }

// Permanent marks an error of a function that another attempt cannot cure. It returns
// nil for nil.
func Permanent(err error) error { return handlers.Permanent(err) }
