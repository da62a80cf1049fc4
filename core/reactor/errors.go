package reactor

import (
	"errors"
	"fmt"

	"github.com/jetsource/jetsource/core/internal/handlers"
)

var (
	// ErrFenced is returned by Run of a worker without a lease when another worker
	// of the same reactor has recorded progress.
	ErrFenced = errors.New("another worker has taken over")

	// ErrLeaseLost is returned by Hold of a [Lease] that was lost while its function
	// ran. A [Worker] waits for it again.
	ErrLeaseLost = errors.New("lease was lost")

	// ErrNotParked is returned by Replay for an event that is not parked, or not
	// any more.
	ErrNotParked = errors.New("event is not parked")
)

// Permanent marks an error of a reaction that another attempt cannot cure. It
// returns nil for nil.
func Permanent(err error) error { return handlers.Permanent(err) }

// ReactionError reports an event that a worker has stopped at.
type ReactionError struct {
	Reactor  string
	Kind     string // of the event
	Key      string // of its aggregate, as text
	Position string // as text
	Attempts int
	Err      error // of the last attempt
}

func (e *ReactionError) Error() string {
	return fmt.Sprintf("reactor %s: event at %s (%s of %s), attempt %d: %v", e.Reactor, e.Position, e.Kind, e.Key, e.Attempts, e.Err)
}

// Unwrap returns the error of the last attempt.
func (e *ReactionError) Unwrap() error { return e.Err }
