package ui

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// line is a message in a list.
type line struct {
	Position  uint64    `json:"position"`
	Time      time.Time `json:"time"`
	Kind      string    `json:"kind"`
	Aggregate string    `json:"aggregate"`
	ID        string    `json:"id"`
	Commit    string    `json:"commit,omitempty"`
	Note      string    `json:"note,omitempty"` // why readers pass over it, or what is wrong with it
	Text      string    `json:"text"`           // the beginning of its payload
}

// mostText is how much of a payload a list shows.
const mostText = 160

func newLine(m *rawlog.Message, gaps []wire.Gap) line { return lineOf(view.NewRecord(m), gaps) }

func lineOf(r view.Record, gaps []wire.Gap) line {
	l := line{Position: r.Position, Time: r.Time, Kind: r.Kind, Aggregate: r.Aggregate, ID: r.ID, Commit: r.Commit, Note: r.Problem}
	if passed := view.Passed(gaps, r.Position); passed != "" {
		l.Note = passed
	}
	short := []rune(string(r.Data[:min(len(r.Data), 4*mostText)]))
	if l.Text = string(short); len(short) > mostText {
		l.Text = string(short[:mostText]) + "…"
	}
	return l
}

// full is a message with all that it holds. Payloads are text: a browser would round
// their numbers.
type full struct {
	view.Record
	Data     string `json:"data"`
	Metadata string `json:"metadata"`
	System   bool   `json:"system"`
}

func newFull(m *rawlog.Message, gaps []wire.Gap) full {
	r := view.NewRecord(m)
	r.Passed = view.Passed(gaps, m.Seq)
	return full{Record: r, Data: pretty(r.Data), Metadata: pretty(r.Metadata), System: wire.IsSystem(m.Subject)}
}

// pretty returns JSON as people read it, and anything else as it is.
func pretty(data json.RawMessage) string {
	var b bytes.Buffer
	if json.Indent(&b, data, "", "  ") != nil {
		return string(data)
	}
	return b.String()
}
