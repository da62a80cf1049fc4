package ui

import (
	"context"
	"net/http"
	"strings"
)

const mostReason = 1000 // bytes

// strike has readers pass over a message: what the page can write, if it may.
func (s *server) strike(w http.ResponseWriter, r *http.Request) {
	var order struct {
		Position uint64 `json:"position"`
		Reason   string `json:"reason"`
	}
	if err := s.readOrder(w, r, &order); err != nil {
		fail(w, err)
		return
	}
	order.Reason = strings.TrimSpace(order.Reason)
	if order.Position == 0 || order.Reason == "" || len(order.Reason) > mostReason {
		fail(w, &requestError{http.StatusBadRequest, "it needs a position, and a reason of at most 1,000 bytes"})
		return
	}
	// It is not left half done because the browser has gone.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), answerTimeout)
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
