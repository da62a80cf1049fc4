package reactor

import (
	"errors"
	"fmt"
	"slices"

	"github.com/jetsource/jetsource/core/internal/handlers"
)

var (
	// ErrFenced is returned by Run of a worker without leases when another worker
	// of the same reactor has recorded progress.
	ErrFenced = errors.New("another worker has taken over")

	// ErrLeaseLost is why a worker lets go of its partitions when it could not say in time
	// that it is alive. It logs that, and asks for partitions again.
	ErrLeaseLost = errors.New("lease was lost")

	// ErrUnknown is returned by [Find] for a reactor that has never run on the store.
	ErrUnknown = errors.New("no reactor of this name has run on the store")

	// ErrNoHandlers is returned by Run and Replay of a worker that [Find] returned.
	ErrNoHandlers = errors.New("reactor was found by its name, and has no handlers")

	// ErrNotParked is returned by Replay, AskReplay and Discard for what is not parked, or not
	// any more.
	ErrNotParked = errors.New("event is not parked")
)

// Permanent marks an error of a reaction that another attempt cannot cure. It
// returns nil for nil.
func Permanent(err error) error { return handlers.Permanent(err) }

// WithReason gives an error of a reaction a text that may be recorded when the event is
// parked: see [ParkedEvent]. The error's own text may hold personal data, and the log keeps
// what is in it. It returns nil for nil.
func WithReason(err error, reason string) error {
	if err == nil {
		return nil
	}
	return &reasonError{err, reason}
}

type reasonError struct {
	error
	reason string
}

func (e *reasonError) Unwrap() error { return e.error }

// reasonOf returns what may be recorded of an error: its type, past what only wraps it, and the
// text that was given to it.
func reasonOf(err error) (errorType, reason string) {
	if given, ok := errors.AsType[*reasonError](err); ok {
		reason = given.reason
	}
	for {
		errorType = fmt.Sprintf("%T", err)
		next := errors.Unwrap(err)
		if next == nil || !slices.Contains(wrappers, errorType) {
			return errorType, reason
		}
		err = next
	}
}

// wrappers are the types of errors that say nothing by themselves.
var wrappers = []string{"*fmt.wrapError", "*handlers.permanentError", "*reactor.reasonError", "*core.finalError"}

// ReactionError reports an event, or a timer, that a worker has stopped at.
type ReactionError struct {
	Reactor  string
	Kind     string // of the event
	Key      string // of its aggregate, as text
	Position string // as text; that a timer was due at
	Attempts int
	Err      error // of the last attempt
}

func (e *ReactionError) Error() string {
	return fmt.Sprintf("reactor %s: event at %s (%s of %s), attempt %d: %v", e.Reactor, e.Position, e.Kind, e.Key, e.Attempts, e.Err)
}

// Unwrap returns the error of the last attempt.
func (e *ReactionError) Unwrap() error { return e.Err }

// PartitionsError reports that a reactor was recorded with another number of partitions than
// it has now. With another number events of one aggregate would be in another partition,
// whose progress is not theirs. Give the reactor the recorded number, or another name.
type PartitionsError struct {
	Reactor        string
	Recorded, Want int
}

func (e *PartitionsError) Error() string {
	return fmt.Sprintf("reactor %s has %d partitions, and was recorded with %d", e.Reactor, e.Want, e.Recorded)
}

// TimerError reports a timer that cannot be set or cancelled. See [SetTimer].
type TimerError struct {
	Name string
	Err  error
}

func (e *TimerError) Error() string { return fmt.Sprintf("timer %.64q: %v", e.Name, e.Err) }

// Unwrap returns the reason.
func (e *TimerError) Unwrap() error { return e.Err }
