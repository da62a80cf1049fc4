package ui

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
)

const mostReason = 1000 // bytes

// strike has readers pass over a message: what the page can write, if it may.
func (s *server) strike(w http.ResponseWriter, r *http.Request) {
	if err := s.mayWrite(r); err != nil {
		fail(w, err)
		return
	}
	var order struct {
		Position uint64 `json:"position"`
		Reason   string `json:"reason"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4*mostReason)).Decode(&order); err != nil {
		fail(w, &requestError{http.StatusBadRequest, "the request cannot be read: " + err.Error()})
		return
	}
	order.Reason = strings.TrimSpace(order.Reason)
	if order.Position == 0 || order.Reason == "" || len(order.Reason) > mostReason {
		fail(w, &requestError{http.StatusBadRequest, "it needs a position, and a reason of at most 1,000 bytes"})
		return
	}
	// It is not left half done because the browser has gone.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), patience)
	defer cancel()
	if !s.Conn.IsConnected() {
		fail(w, errAway)
		return
	}
	if err := s.Strike(ctx, order.Position, order.Reason); err != nil {
		fail(w, err)
		return
	}
	reply(w, http.StatusOK, map[string]uint64{"struck": order.Position})
}
