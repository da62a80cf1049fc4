package writer

import (
	"fmt"

	"github.com/jetsource/jetsource/core"
)

// UnknownOutcomeError is documented at its alias in package jetstream.
type UnknownOutcomeError struct {
	CommitID string
	Parts    []UnknownPart
	Err      error
}

// UnknownPart is documented at its alias in package jetstream.
type UnknownPart struct {
	Aggregate string // the subjects of the aggregate
	Expected  uint64 // the position the commit was made on; 0 for none
	Count     int    // messages
	Guard     bool   // nothing is recorded for the aggregate
}

func (e *UnknownOutcomeError) Error() string {
	return fmt.Sprintf("%v: commit %s: %v", core.ErrUnknownOutcome, e.CommitID, e.Err)
}

// Is makes every such error match [core.ErrUnknownOutcome].
func (e *UnknownOutcomeError) Is(target error) bool { return target == core.ErrUnknownOutcome }

// Unwrap returns why the store stopped asking.
func (e *UnknownOutcomeError) Unwrap() error { return e.Err }

// unknown is the error of a commit whose outcome the store stopped asking for, for
// the reason err.
func (c *commit) unknown(err error) error {
	u := &UnknownOutcomeError{CommitID: c.id, Err: err}
	for _, p := range c.parts {
		u.Parts = append(u.Parts, UnknownPart{Aggregate: p.Filter, Expected: p.Expected, Count: len(p.Msgs), Guard: p.Guard})
	}
	return u
}
