package core

import "errors"

// ErrFinal is matched by errors of a store that no wait cures: the log has lost
// messages, or another store is in its place. What runs for as long as its context
// lets it, as a live projection or a worker does, ends with such an error, and waits
// until any other error of its store has passed. [ErrClosed], [ErrBeyondEnd] and
// [ErrName] are final as well.
var ErrFinal = errors.New("no wait cures it")

// Final returns err as one that matches [ErrFinal], nil for nil. It is for authors of
// stores.
func Final(err error) error {
	if err == nil {
		return nil
	}
	return &finalError{err}
}

type finalError struct{ err error }

func (e *finalError) Error() string        { return e.err.Error() }
func (e *finalError) Unwrap() error        { return e.err }
func (e *finalError) Is(target error) bool { return target == ErrFinal }
