package handlers

import "errors"

// Permanent marks an error of a function that another attempt cannot cure. It returns
// nil for nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanentError{err}
}

// IsPermanent reports whether an error was marked.
func IsPermanent(err error) bool {
	_, permanent := errors.AsType[*permanentError](err)
	return permanent
}

type permanentError struct{ err error }

func (e *permanentError) Error() string { return e.err.Error() }
func (e *permanentError) Unwrap() error { return e.err }
