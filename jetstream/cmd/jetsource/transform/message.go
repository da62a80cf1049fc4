package transform

import (
	"encoding/json"
	"errors"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/codec/sealed"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/audit"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

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
