package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/jetsource/jetsource/core/pause"
)

const (
	// between is how long a stream rests after an update, so that a rush of
	// commands makes a few updates and not hundreds.
	between = 50 * time.Millisecond
	// updateTimeout is how long a browser may take for an update, before it is cut off
	// and has to connect anew.
	updateTimeout = 10 * time.Second
)

// updates streams the board to a browser, now and whenever it has changed. Each
// update is the whole board, so that one that was missed is not missed; a slow
// browser is sent the latest when it is ready, and holds nobody up.
func (a *api) updates(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(a.ending, cancel)()

	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	s := &sender{w: w, control: http.NewResponseController(w)}
	_ = s.control.SetReadDeadline(time.Time{}) // nothing more comes; that is no reason to end
	if s.send("retry: 1000\n\n") != nil {
		return
	}
	var sent Version
	for first := true; ; {
		// Updates begins with the version that there is, so it can be left when
		// nothing has happened for a while, and entered again.
		quiet, stop := context.WithTimeout(ctx, a.heartbeat)
		for version := range a.board.Updates(quiet) {
			if version == sent && !first {
				continue
			}
			sent, first = version, false
			if s.update(a.view()) != nil || pause.For(ctx, between) != nil {
				break
			}
		}
		ended := quiet.Err() == nil // by the board, or by break
		stop()
		if ended || ctx.Err() != nil || s.send(": still here\n\n") != nil {
			return
		}
	}
}

// sender writes to a browser that may have gone.
type sender struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func (s *sender) update(v view) error {
	data, err := json.Marshal(v) // on one line, as an event must be
	if err != nil {
		return err
	}
	return s.send(fmt.Sprintf("id: %s\ndata: %s\n\n", v.Version, data))
}

func (s *sender) send(text string) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(updateTimeout)); err != nil {
		return err
	}
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.control.Flush()
}
