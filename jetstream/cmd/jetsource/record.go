package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/audit"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// record is a message of the log as the program shows it.
type record struct {
	Position    uint64          `json:"position"`
	Time        time.Time       `json:"time"`
	Kind        string          `json:"kind"`
	Aggregate   string          `json:"aggregate"`
	ID          string          `json:"id"`
	EventID     string          `json:"event_id,omitempty"`
	Commit      string          `json:"commit,omitempty"`
	Place       string          `json:"place,omitempty"` // in its commit: "1/3"
	Command     string          `json:"command,omitempty"`
	Correlation string          `json:"correlation,omitempty"`
	Causation   string          `json:"causation,omitempty"`
	Passed      string          `json:"passed,omitempty"` // why readers pass over it
	Codec       string          `json:"codec,omitempty"`
	Metadata    json.RawMessage `json:"metadata,omitempty"`
	Data        json.RawMessage `json:"data,omitempty"`
	Problem     string          `json:"problem,omitempty"` // why it cannot be shown in full
}

// newRecord makes a record of a message. What cannot be read is said in it.
func newRecord(m *rawlog.Message) record {
	r := record{Position: m.Seq, Time: m.Time, Codec: m.Header.Get("Content-Type")}
	tokens := strings.SplitN(m.Subject, ".", 4)
	for i, to := range []*string{nil, &r.Kind, &r.Aggregate, &r.ID} {
		if to != nil && i < len(tokens) {
			*to = decodeToken(tokens[i])
		}
	}
	h, err := m.Commit()
	switch {
	case err != nil:
		r.Problem = err.Error()
	case h == nil:
		r.Problem = "another program wrote it"
	default:
		r.Commit, r.EventID = h.ID, fmt.Sprintf("%s/%d", h.ID, h.Offset+h.Index)
		r.Place = fmt.Sprintf("%d/%d", h.Offset+h.Index+1, h.Total)
	}
	command, _, _ := strings.Cut(m.Header.Get("Es-Command"), " ")
	r.Command = decodeToken(command)
	r.Correlation, r.Causation = decodeToken(m.Header.Get(wire.HeaderCorrelation)), decodeToken(m.Header.Get(wire.HeaderCausation))
	if text := m.Header.Get("Es-Metadata"); json.Valid([]byte(text)) {
		r.Metadata = json.RawMessage(text)
	}
	r.setData(m)
	return r
}

func (r *record) setData(m *rawlog.Message) {
	data, err := audit.Payload(r.Codec, m.Data)
	if err == nil {
		r.Data = data
		return
	}
	if r.Problem == "" {
		r.Problem = err.Error()
	}
	if !errors.Is(err, audit.ErrOtherCodec) && json.Valid(m.Data) {
		r.Data = m.Data
		return
	}
	r.Data, _ = json.Marshal(m.Data) // base64
}

func decodeToken(token string) string {
	if token == "" {
		return ""
	}
	if name, err := codec.DecodeToken(token); err == nil {
		return name
	}
	return token
}

// print writes a record: a line of JSON, or a line for people.
func (p *program) print(r record) error {
	if p.json {
		return json.NewEncoder(p.out).Encode(r)
	}
	_, err := fmt.Fprintln(p.out, r.line())
	return err
}

func (r record) line() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%8d  %s  %-28s %s %s  %s", r.Position, r.Time.Format("2006-01-02 15:04:05.000"), printable(r.Kind), printable(r.Aggregate), printable(r.ID), printable(string(r.Data)))
	for name, value := range map[string]string{"problem": r.Problem, "passed over": r.Passed} {
		if value != "" {
			fmt.Fprintf(&b, "  (%s: %s)", name, printable(value))
		}
	}
	return b.String()
}

// printable returns text without what would move the cursor of a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '\uFFFD'
		}
		return r
	}, s)
}

// printJSON writes a value as a line of JSON.
func printJSON(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) }
