package transform

import (
	"encoding/json"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// Event is an event as a program that changes it reads and writes it, as JSON.
type Event struct {
	Position  uint64          `json:"position"` // in the old log
	Kind      string          `json:"kind"`
	Aggregate string          `json:"aggregate"`
	ID        string          `json:"id"`
	Data      json.RawMessage `json:"data"`
	Metadata  json.RawMessage `json:"metadata,omitempty"`
}

// Message is a message of the new log. It has no position yet.
type Message struct {
	Subject string
	Time    string
	Header  map[string][]string
	Data    []byte

	aggregate string // its last two tokens
}

// Transformer makes new commits.
type Transformer struct {
	Rules  Rules
	Prefix string                       // of the new log
	Change func(Event) ([]Event, error) // by a program; nil for none
	Heads  map[string]uint64            // of the new log: by aggregate, the last position
	names  *wire.Subjects[string]
}

// New returns a transformer for a new log that is empty.
func New(r Rules, prefix string, change func(Event) ([]Event, error)) (*Transformer, error) {
	names, err := wire.NewSubjects[string](prefix)
	return &Transformer{Rules: r, Prefix: prefix, Change: change, Heads: make(map[string]uint64), names: names}, err
}

// Commit returns what becomes of the messages of one commit, given the position that the
// first of them gets; nothing if all are left out.
func (t *Transformer) Commit(old []*wire.Message, next uint64) ([]Message, error) {
	var all []Message
	for _, m := range old {
		made, err := t.message(m)
		if err != nil {
			return nil, fmt.Errorf("position %d: %w", m.Seq, err)
		}
		all = append(all, made...)
	}
	if len(all) == 0 {
		return nil, nil
	}
	return all, t.number(all, old[0].CommitID(), next)
}

// number gives the messages of a commit their places in it.
func (t *Transformer) number(all []Message, id string, next uint64) error {
	seen := make(map[string]bool)
	for from := 0; from < len(all); {
		aggregate, to := all[from].aggregate, from
		for to < len(all) && all[to].aggregate == aggregate {
			to++
		}
		if seen[aggregate] {
			return fmt.Errorf("commit %s has %s twice in the new log", id, aggregate)
		}
		seen[aggregate] = true
		for i := from; i < to; i++ {
			all[i].Header[wire.HeaderCommit] = []string{wire.CommitHeader{
				CommitInfo: core.CommitInfo{ID: id, Offset: from, Index: i - from, Count: to - from},
				Total:      len(all), Previous: t.Heads[aggregate],
			}.String()}
		}
		from = to
	}
	for i, m := range all {
		t.Heads[m.aggregate] = next + uint64(i)
	}
	return nil
}

// Took takes a message that the new log has already.
func (t *Transformer) Took(m *wire.Message) {
	_, aggregate := wire.Tokens(m.Subject)
	t.Heads[aggregate] = m.Seq
}
