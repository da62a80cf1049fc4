// Package view makes what the program shows of a log: messages without the types of the
// application, what readers pass over, and what came from what.
package view

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/audit"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// Record is a message of the log as the program shows it.
type Record struct {
	Position    uint64          `json:"position"`
	Time        time.Time       `json:"time"` // when it was first recorded
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

// NewRecord makes a record of a message. What cannot be read is said in it.
func NewRecord(m *rawlog.Message) Record {
	r := Record{Position: m.Seq, Codec: m.Header.Get(wire.HeaderCodec)}
	tokens := strings.SplitN(m.Subject, ".", 4)
	for i, to := range []*string{nil, &r.Kind, &r.Aggregate, &r.ID} {
		if to != nil && i < len(tokens) {
			*to = Name(tokens[i])
		}
	}
	h, err := m.Commit()
	switch {
	case err != nil:
		r.Problem = err.Error()
	case h == nil:
		r.Problem = "another program wrote it"
	default:
		r.Commit = h.ID
		r.EventID = core.Envelope[string, uint64, core.NoMetadata]{Position: m.Seq, Commit: h.CommitInfo}.EventID()
		r.Place = fmt.Sprintf("%d/%d", h.Offset+h.Index+1, h.Total)
	}
	envelope, err := m.Envelope()
	if r.Time = envelope.Time; err != nil && r.Problem == "" {
		r.Problem = err.Error()
	}
	command, _, _ := strings.Cut(m.Header.Get(wire.HeaderCommand), " ")
	r.Command = Name(command)
	r.Correlation, r.Causation = Name(m.Header.Get(wire.HeaderCorrelation)), Name(m.Header.Get(wire.HeaderCausation))
	if text := m.Header.Get(wire.HeaderMetadata); json.Valid([]byte(text)) {
		r.Metadata = json.RawMessage(text)
	}
	r.setData(m)
	return r
}

func (r *Record) setData(m *rawlog.Message) {
	if wire.IsGuard(m.Subject) && len(m.Data) == 0 {
		return // it has none: what it says is in its expectation
	}
	data, err := audit.Payload(r.Codec, r.Kind, m.Data)
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

// Name returns the name that a token of a subject stands for; the token if it stands for none.
func Name(token string) string {
	if token == "" {
		return ""
	}
	if name, err := codec.DecodeToken(token); err == nil {
		return name
	}
	return token
}

// Printable returns text without what would move the cursor of a terminal.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '\uFFFD'
		}
		return r
	}, s)
}

// Kind returns the kind of the event of a message, without reading the rest of it.
func Kind(m *rawlog.Message) string {
	token, _ := wire.Tokens(m.Subject)
	return Name(token)
}
