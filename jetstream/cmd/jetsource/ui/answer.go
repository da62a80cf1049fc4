package ui

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
)

// answerTimeout is how long a question may take, and how long a browser may take for a message.
const answerTimeout = 30 * time.Second

// query answers a question about the log.
type query func(context.Context, *rawlog.Log, url.Values) (any, error)

// requestError is a request that cannot be served as it is.
type requestError struct {
	status int
	reason string
}

func (e *requestError) Error() string { return e.reason }

// answer serves what a query returns, as JSON.
func (s *server) answer(ask query) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), answerTimeout)
		defer cancel()
		l, err := s.open(ctx)
		if err != nil {
			fail(w, err)
			return
		}
		v, err := ask(ctx, l, r.URL.Query())
		if err != nil {
			fail(w, err)
			return
		}
		reply(w, http.StatusOK, v)
	}
}

// errAway is answered at once, and not when the server has not answered for long.
var errAway = &requestError{http.StatusServiceUnavailable, "the connection to the server is lost; it is tried again"}

// open reads the stream anew: each request sees the log as it is.
func (s *server) open(ctx context.Context) (*rawlog.Log, error) {
	if !s.Conn.IsConnected() {
		return nil, errAway
	}
	return rawlog.Open(ctx, s.Conn, s.Stream, s.Domain)
}

// fail answers with an error. What is no fault of the request is the server's behind the
// page, and its user is the one to know.
func fail(w http.ResponseWriter, err error) {
	status := http.StatusBadGateway
	if e, ok := errors.AsType[*requestError](err); ok {
		status = e.status
	}
	reply(w, status, map[string]string{"error": err.Error()})
}

func reply(w http.ResponseWriter, status int, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		status, data = http.StatusInternalServerError, []byte(`{"error":"the answer cannot be encoded"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(data) // the browser may have gone
}

// number returns a number of a question; 0 if it has none.
func number(values url.Values, name string) (uint64, error) {
	text := values.Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, &requestError{http.StatusBadRequest, name + " is no number"}
	}
	return n, nil
}
