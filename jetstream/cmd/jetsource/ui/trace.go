package ui

import (
	"net/http"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

const (
	mostTraced    = 2000   // events in a tree
	progressEvery = 20_000 // messages between two reports
)

// traced is an event of a tree.
type traced struct {
	line
	EventID   string `json:"event_id"`
	Causation string `json:"causation"`
}

// trace streams what came from a request or an event, as it is found: the whole log is read.
func (s *server) trace(w http.ResponseWriter, r *http.Request) {
	out, ctx, end := s.newStream(w, r)
	defer end()
	stop := func(text string) { _ = out.send("end", map[string]string{"problem": text}) } // or the browser has gone
	l, err := s.open(ctx)
	if err != nil {
		stop(err.Error())
		return
	}
	trace, found, last := view.NewTrace(r.URL.Query().Get("id")), 0, l.Info().State.LastSeq
	for m, err := range l.Read(ctx, l.Prefix()+".*.*.*", 1, last) {
		if err != nil {
			stop(err.Error())
			return
		}
		if m.Seq%progressEvery == 0 && out.send("progress", map[string]uint64{"at": m.Seq, "head": last}) != nil {
			return
		}
		if wire.IsSystem(m.Subject) {
			continue
		}
		e := view.NewRecord(m)
		if !trace.Has(e) {
			continue
		}
		if found++; found > mostTraced {
			stop("there is more; jetsource trace shows all of it")
			return
		}
		if out.send("found", traced{lineOf(e, nil), e.EventID, e.Causation}) != nil {
			return
		}
	}
	stop("")
}
