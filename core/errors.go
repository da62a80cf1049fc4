package core

import (
	"errors"
	"fmt"
)

var (
	// ErrNotFound is returned by a load or a command that needs an aggregate
	// with events, and there are none.
	ErrNotFound = errors.New("aggregate not found")

	// ErrExists is returned by Create when the aggregate has events already.
	ErrExists = errors.New("aggregate already exists")

	// ErrNilCommand is returned by a repository that is given a nil command.
	ErrNilCommand = errors.New("command is nil")

	// ErrUnknownEvent is returned when a command emits an event for which its
	// aggregate has no handler: of an unknown kind, of an old one that is only
	// read any more, of another type than the kind has, or nil. Nothing was written.
	// A load returns it in a [DecodeError] for a recorded event without a handler,
	// unless the aggregate says that it may be passed over.
	ErrUnknownEvent = errors.New("event has no handler")

	// ErrConflict is matched by every [ConflictError].
	ErrConflict = errors.New("version conflict")

	// ErrNoEvents is returned by a store that is asked to commit nothing.
	ErrNoEvents = errors.New("no events to commit")

	// ErrSameAggregate is returned by Commit when two of the commits are for one
	// aggregate, or for one key of system entries.
	ErrSameAggregate = errors.New("an earlier commit of the same call has this aggregate")

	// ErrNotAtomic is returned by Commit of a store that cannot record commits to
	// several aggregates all or none: see [AtomicStore].
	ErrNotAtomic = errors.New("store cannot commit to several aggregates at once")

	// ErrName is matched by every [NameError].
	ErrName = errors.New("name cannot be stored")

	// ErrMetadata is matched by the [DecodeError] of an event whose metadata could not
	// be decoded: see [Envelope]. The event itself can be.
	ErrMetadata = errors.New("metadata cannot be decoded")

	// ErrCommandID is matched by every [CommandIDError].
	ErrCommandID = errors.New("command id belongs to another command")

	// ErrTaken is matched by every [TakenError].
	ErrTaken = errors.New("value is taken")

	// ErrInTransaction is returned by [Transact], and by a command of a repository, that
	// is called with the context of a transaction's function: it would not be part of the
	// transaction. See [Repository.In].
	ErrInTransaction = errors.New("called inside a transaction, and not part of it")

	// ErrUnknownOutcome is matched by the error of a commit of which the store
	// could not find out whether it was recorded: it may be, now or later. Such
	// a commit must not be made again blindly.
	ErrUnknownOutcome = errors.New("outcome of commit unknown")

	// ErrTooLarge is matched by the error of a commit that is over a limit of the
	// store: in the size of a message, or in the number of events. Nothing was
	// written.
	ErrTooLarge = errors.New("too large for the store")

	// ErrUnavailable is matched by errors that are due to the state of a store, and
	// not to what it was asked: it is full, away or too slow, or does not let this
	// program do it. Another attempt may succeed, now or in an hour. Nothing was
	// written, unless the error matches ErrUnknownOutcome too.
	ErrUnavailable = errors.New("store is not available")

	// ErrStopped is returned by Wait when the runner ended before it reached the
	// version waited for. It comes with the reason, if there was one.
	ErrStopped = errors.New("stopped")

	// ErrBeyondEnd is returned when a position lies beyond the end of a store: it
	// came from another one, or this one has lost its end.
	ErrBeyondEnd = errors.New("position is beyond the end of the store")

	// ErrClosed is returned by a store that was closed.
	ErrClosed = errors.New("store is closed")
)

// ConflictError reports that an aggregate was not at the version a commit
// expected. Nothing was written. It matches [ErrConflict]; use [errors.AsType]
// to read the versions.
type ConflictError[Pos comparable] struct {
	Expected, Actual Version[Pos]
}

func (e *ConflictError[Pos]) Error() string {
	switch {
	case e.Expected.IsZero():
		return fmt.Sprintf("version conflict: expected no events, aggregate is at %v", e.Actual)
	case e.Actual.IsZero():
		return fmt.Sprintf("version conflict: expected %v, aggregate has no events", e.Expected)
	}
	return fmt.Sprintf("version conflict: expected %v, aggregate is at %v", e.Expected, e.Actual)
}

// Is makes every conflict match [ErrConflict], whatever its position type.
func (e *ConflictError[Pos]) Is(target error) bool { return target == ErrConflict }

// CommandIDError reports that a command came with the id of another one, that was
// recorded before: it has another type or value. Nothing was written. It matches
// [ErrCommandID]. See [WithCommandID].
type CommandIDError struct {
	ID string
}

func (e *CommandIDError) Error() string { return fmt.Sprintf("%v: %.64q", ErrCommandID, e.ID) }

// Is makes every CommandIDError match [ErrCommandID].
func (e *CommandIDError) Is(target error) bool { return target == ErrCommandID }

// SnapshotReadError reports that a stored snapshot cannot be read: it is damaged, or
// its state is not of the type that was asked for. Others may be read.
type SnapshotReadError struct {
	Err error
}

func (e *SnapshotReadError) Error() string { return fmt.Sprintf("read snapshot: %v", e.Err) }

// Unwrap returns the reason.
func (e *SnapshotReadError) Unwrap() error { return e.Err }

// SnapshotCreateError reports that the state offered as a snapshot could not be had
// or encoded, would come back as another one, or is too large: another one of the
// same aggregate is hardly better. Others may be stored.
type SnapshotCreateError struct {
	Err error
}

func (e *SnapshotCreateError) Error() string { return fmt.Sprintf("create snapshot: %v", e.Err) }

// Unwrap returns the reason.
func (e *SnapshotCreateError) Unwrap() error { return e.Err }
