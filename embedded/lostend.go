package embedded

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// What a log has lost. They come inside a [LostEndError].
var (
	// ErrLogGone means that the stream of a store is not there any more.
	ErrLogGone = errors.New("the stream is gone")

	// ErrEndLost means that a log ends before the last event that was seen.
	ErrEndLost = errors.New("the log lost its end")

	// ErrOtherStore means that a stream of that name holds another store, or none.
	ErrOtherStore = errors.New("the stream holds another store")

	// ErrOtherEvent means that the last position that was seen has another event
	// now: the log lost its end and grew again, or is a copy that went its own
	// way.
	ErrOtherEvent = errors.New("another event has the position")

	// ErrHole means that events are missing before the last one, or that it is
	// missing itself and the server only knows its position.
	ErrHole = errors.New("the log has a hole")
)

// LostEndError reports event stores that lack events which were there when a
// server ran on the directory before. No event was written at their positions
// since: restore the directory from a backup, or give the events up with
// Config.AcceptLoss. The error matches the reason of each store.
type LostEndError struct {
	Dir    string
	Stores []LostEnd
}

// LostEnd is one store of a [LostEndError].
type LostEnd struct {
	Account string
	Stream  string
	Last    uint64    // the last position that was seen
	Time    time.Time // when the event there was recorded
	Found   uint64    // the last position now; 0 if the stream is gone, or was not read
	Holes   uint64    // how many events are missing that have a position
	Err     error     // what happened, as far as it is known
}

func (e *LostEndError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "embedded: %s: events are missing:", e.Dir)
	for _, s := range e.Stores {
		fmt.Fprintf(&b, " %s;", s)
	}
	b.WriteString(" restore the directory from a backup, or name a stream in Config.AcceptLoss to go on without them")
	return b.String()
}

// String says what is missing.
func (l LostEnd) String() string {
	text := fmt.Sprintf("%s of account %s: %v: ", l.Stream, l.Account, l.Err)
	seen := fmt.Sprintf("position %d, recorded %s", l.Last, l.Time.UTC().Format(time.RFC3339Nano))
	switch {
	case errors.Is(l.Err, ErrEndLost):
		return text + fmt.Sprintf("it ends at %d, and %d positions are missing up to %s", l.Found, l.Last-l.Found, seen)
	case errors.Is(l.Err, ErrHole):
		return text + fmt.Sprintf("%d events are missing, of those up to %s", l.Holes, seen)
	case errors.Is(l.Err, ErrOtherEvent):
		return text + "it was " + seen
	default:
		return text + "it had events up to " + seen
	}
}

// Unwrap returns the reason of each store.
func (e *LostEndError) Unwrap() []error {
	errs := make([]error, len(e.Stores))
	for i, s := range e.Stores {
		errs[i] = s.Err
	}
	return errs
}

// orNil returns e, or nil if no store has lost anything.
func (e *LostEndError) orNil() error {
	if len(e.Stores) == 0 {
		return nil
	}
	return e
}
