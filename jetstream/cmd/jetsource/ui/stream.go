package ui

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// stream sends events to a browser that may have gone.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// newStream begins a stream of server-sent events. The context ends with the request, and
// with the program.
func (s *server) newStream(w http.ResponseWriter, r *http.Request) (*stream, context.Context, func()) {
	ctx, cancel := context.WithCancel(r.Context())
	stop := context.AfterFunc(s.ending, cancel)
	w.Header().Set("Content-Type", "text/event-stream")
	out := &stream{w: w, control: http.NewResponseController(w)}
	_ = out.control.SetReadDeadline(time.Time{}) // nothing more comes; that is no reason to end
	return out, ctx, func() { stop(); cancel() }
}

// send sends a value: on one line, as an event must be.
func (s *stream) send(event string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.write(fmt.Sprintf("event: %s\ndata: %s\n\n", event, data))
}

func (s *stream) write(text string) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(answerTimeout)); err != nil {
		return err
	}
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.control.Flush()
}
