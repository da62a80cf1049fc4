package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/jetsource/jetsource/core"
)

// requestError is a request that cannot be served as it is.
type requestError struct {
	status int
	reason string
}

func (e *requestError) Error() string { return e.reason }

// fail answers with an error: a status for programs, and a reason for people.
func fail(w http.ResponseWriter, err error) {
	status, reason := explain(err)
	switch status {
	case http.StatusInternalServerError:
		slog.Error("request failed", "error", err)
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
	}
	answer(w, status, map[string]string{"error": reason})
}

// explain says what an error means to whoever sent the request. What it says
// nothing about is our own fault, and nobody else's business.
func explain(err error) (status int, reason string) {
	if e, ok := errors.AsType[*requestError](err); ok {
		return e.status, e.reason
	}
	if e, ok := errors.AsType[ShortError](err); ok {
		return http.StatusUnprocessableEntity, e.Error()
	}
	if e, ok := errors.AsType[StaleError](err); ok {
		return http.StatusConflict, e.Error()
	}
	switch {
	case errors.Is(err, ErrQuantity):
		return http.StatusUnprocessableEntity, ErrQuantity.Error()
	case errors.Is(err, core.ErrConflict):
		return http.StatusConflict, "others are changing this product, try again"
	case errors.Is(err, core.ErrNotFound):
		return http.StatusNotFound, "there is no such product"
	case errors.Is(err, errVerb):
		return http.StatusNotFound, errVerb.Error()
	case errors.Is(err, core.ErrName):
		return http.StatusBadRequest, "the product cannot have this name"
	case errors.Is(err, core.ErrBeyondEnd):
		return http.StatusBadRequest, "the version is not of this warehouse"
	case errors.Is(err, core.ErrUnknownOutcome):
		return http.StatusServiceUnavailable, "it is not known whether this was done: send it again with the same idempotency key"
	case errors.Is(err, core.ErrClosed), errors.Is(err, core.ErrStopped),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable, "not now, try again"
	}
	return http.StatusInternalServerError, "something went wrong here"
}
