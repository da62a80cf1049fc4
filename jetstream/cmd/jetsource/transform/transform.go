package transform

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/codec/sealed"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/audit"
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

// isLeftOut reports whether an entry of the library names positions of the old log: those of
// reactors, which begin anew, guards, and what names messages that readers passed over, which are
// not copied.
func isLeftOut(kind, aggregate string) bool {
	of, _, _ := strings.Cut(aggregate, ".")
	_, ofReactor := reactor.NameOf(of)
	return ofReactor || of == wire.KindGuard || kind == wire.KindVoid || kind == wire.KindStruck
}

// message returns what becomes of one message.
func (t *Transformer) message(m *wire.Message) ([]Message, error) {
	if h, err := m.Commit(); err != nil || h == nil {
		return nil, errors.Join(errors.New("another program wrote it; strike it out first: jetsource strike"), err)
	}
	if wire.IsSystem(m.Subject) {
		return t.entry(m)
	}
	e, ok, err := t.event(m)
	if err != nil || !ok {
		return nil, err
	}
	if t.Change == nil {
		made, err := t.make(m, e, m.Header.Get(wire.HeaderCodec), m.Data)
		return []Message{made}, err
	}
	return t.changed(m, e)
}

// event returns the event of a message as the rules rename it; false for one that they leave out.
func (t *Transformer) event(m *wire.Message) (e Event, ok bool, err error) {
	tokens := strings.SplitN(m.Subject, ".", 4)
	e.Position = m.Seq
	for i, to := range []*string{&e.Kind, &e.Aggregate, &e.ID} {
		if *to, err = codec.DecodeToken(tokens[i+1]); err != nil {
			return e, false, err
		}
	}
	if t.Rules.drops(e) {
		return e, false, nil
	}
	was := e.Kind
	t.Rules.rename(&e)
	if _, sealed := sealed.InnerName(m.Header.Get(wire.HeaderCodec)); sealed && e.Kind != was {
		return e, false, &SealedKindError{Kind: was, To: e.Kind}
	}
	return e, true, nil
}

// SealedKindError reports that an event with a sealed codec was to get another kind: it is bound
// to the one that it has, so nobody could read it then.
type SealedKindError struct{ Kind, To string }

func (e *SealedKindError) Error() string {
	return fmt.Sprintf("%s has sealed fields, which are bound to that kind: it cannot be renamed to %s. Leave it in the log as it is, and have the program read it by the EventHistory of %[2]s: core.Renamed(%[1]q, %[2]q), or core.Was", e.Kind, e.To)
}

// CheckKind returns a [SealedKindError] for the message of an event that cannot get the kind that
// the rules give it.
func (t *Transformer) CheckKind(m *wire.Message) error {
	_, _, err := t.event(m)
	return err
}

// changed has the program change an event.
func (t *Transformer) changed(m *wire.Message, e Event) (all []Message, err error) {
	codecName := m.Header.Get(wire.HeaderCodec)
	if _, ok := sealed.InnerName(codecName); ok {
		return nil, errors.New("it has personal fields that are sealed: a program cannot change it")
	}
	if e.Data, err = audit.Payload(codecName, e.Kind, m.Data); err != nil {
		return nil, err
	}
	if text := m.Header.Get(wire.HeaderMetadata); text != "" {
		e.Metadata = json.RawMessage(text)
	}
	events, err := t.Change(e)
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		made, err := t.make(m, e, codec.JSON.Name(), e.Data)
		if err != nil {
			return nil, err
		}
		if e.Metadata != nil {
			made.Header[wire.HeaderMetadata] = []string{string(e.Metadata)}
		}
		all = append(all, made)
	}
	return all, nil
}

// entry returns an entry of the library; nothing for one that is left out.
func (t *Transformer) entry(m *wire.Message) ([]Message, error) {
	kind, aggregate := wire.Tokens(m.Subject)
	if isLeftOut(kind, aggregate) {
		return nil, nil
	}
	data := m.Data
	if kind == "taken" && strings.HasPrefix(aggregate, "_unique.") {
		var owner map[string]json.RawMessage
		var of string
		if json.Unmarshal(data, &owner) == nil && json.Unmarshal(owner["kind"], &of) == nil {
			if slices.Contains(t.Rules.DropAggregates, of) {
				return nil, nil
			}
			if to, ok := t.Rules.Aggregates[of]; ok {
				owner["kind"], _ = json.Marshal(to) // a string
				data, _ = json.Marshal(owner)
			}
		}
	}
	return []Message{{Subject: t.Prefix + "." + kind + "." + aggregate, Time: timeOf(m), Header: headerOf(m), Data: data, aggregate: aggregate}}, nil
}

// make returns the message of an event.
func (t *Transformer) make(m *wire.Message, e Event, codecName string, data []byte) (Message, error) {
	aggregate, err := t.names.Aggregate(core.Key[string]{Kind: e.Aggregate, ID: e.ID})
	if err != nil {
		return Message{}, err
	}
	subject, err := t.names.Event(e.Kind, aggregate)
	if err != nil {
		return Message{}, err
	}
	h := headerOf(m)
	h[wire.HeaderCodec] = []string{codecName}
	return Message{Subject: subject, Time: timeOf(m), Header: h, Data: data, aggregate: aggregate}, nil
}

func headerOf(m *wire.Message) map[string][]string {
	h := maps.Clone(map[string][]string(m.Header))
	h[wire.HeaderCopiedFrom] = []string{strconv.FormatUint(m.Seq, 10)}
	return h
}

func timeOf(m *wire.Message) string { return m.Time.Format(time.RFC3339Nano) }

// Took takes a message that the new log has already.
func (t *Transformer) Took(m *wire.Message) {
	_, aggregate := wire.Tokens(m.Subject)
	t.Heads[aggregate] = m.Seq
}
