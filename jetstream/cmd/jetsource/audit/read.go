package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/codec/sealed"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// read checks that the subject, the headers and the payload of a message can be read, as far
// as that can be told without its type.
func (a *Audit) read(m *wire.Message) {
	_, kind, system, err := a.names.Parse(m.Subject)
	if err == nil && !system {
		err = checkHeaders(m)
	}
	if err == nil && !wire.IsGuard(m.Subject) { // which have no payload
		err = a.readPayload(m.Header.Get(wire.HeaderCodec), kind, m.Data)
	}
	if err != nil {
		a.unreadable(m, err)
		return
	}
	if kind, rest, _ := strings.Cut(aggregateOf(m.Subject), "."); kind == "_unique" {
		a.addOwner(m, rest)
	}
}

// checkHeaders reads the headers of an event as a load does, which fails if they cannot be read.
func checkHeaders(m *wire.Message) error {
	if _, err := m.Envelope(); err != nil {
		return err
	}
	return wire.CheckMetadata(m.Header)
}

// readPayload reads a payload, and counts what of it could not be looked into.
func (a *Audit) readPayload(codecName, kind string, data []byte) error {
	_, sealed, err := payload(codecName, kind, data)
	if errors.Is(err, ErrOtherCodec) {
		if a.totals.Codecs == nil {
			a.totals.Codecs = make(map[string]uint64)
		}
		a.totals.Codecs[codecName]++
		return nil
	}
	a.totals.Sealed += uint64(sealed)
	return err
}

// ErrOtherCodec is returned by [Payload] for a codec of the application's own.
var ErrOtherCodec = errors.New("its codec is the application's own")

// Payload returns the payload of an event of a kind as JSON. In place of a sealed field it has
// the name of the field and its subject. An error that does not match [ErrOtherCodec] says
// that it is damaged; of sealed payloads the sum over their bytes tells that, whatever is in them.
func Payload(codecName, kind string, data []byte) (json.RawMessage, error) {
	text, _, err := payload(codecName, kind, data)
	return text, err
}

// payload is Payload that also counts the values that stay sealed.
func payload(codecName, kind string, data []byte) (text json.RawMessage, closed int, err error) {
	if codecName == codec.JSON.Name() {
		if !json.Valid(data) {
			return nil, 0, errors.New("payload is no JSON")
		}
		return data, 0, nil
	}
	var v any
	if _, ok := sealed.InnerName(codecName); ok {
		var values []*sealed.Value
		v, values, err = sealed.Untyped(codecName, kind, data)
		for _, value := range values {
			if !value.Empty {
				closed++
			}
		}
	} else {
		v, err = codec.Untyped(codecName, data)
	}
	if _, unknown := errors.AsType[*codec.UnknownError](err); unknown {
		return nil, 0, fmt.Errorf("%w: %q", ErrOtherCodec, codecName)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("payload: %w", err)
	}
	text, err = json.Marshal(v)
	return text, closed, err
}

// owner is an aggregate that an entry of a unique value names.
type owner struct {
	position uint64
	key      string // its aggregate, as in subjects; empty if the value was released
}

// addOwner takes what the last entry of a unique value says.
func (a *Audit) addOwner(m *wire.Message, value string) {
	kind, _ := wire.Tokens(m.Subject)
	o := owner{position: m.Seq}
	if kind == "taken" {
		var named struct {
			Kind string `json:"kind"`
			ID   any    `json:"id"`
		}
		if err := json.Unmarshal(m.Data, &named); err != nil {
			a.unreadable(m, err)
			return
		}
		if id, ok := named.ID.(string); ok {
			kindToken, err := wire.Token("aggregate kind", named.Kind)
			idToken, err2 := wire.Token("aggregate id", id)
			if errors.Join(err, err2) != nil {
				a.unreadable(m, errors.Join(err, err2))
				return
			}
			o.key = kindToken + "." + idToken
		}
	}
	a.owners[value] = o
}

// checkOwners finds entries of unique values whose owners have no event at all. Whether an
// owner still has the value only the application can tell.
func (a *Audit) checkOwners() {
	for value, o := range a.owners {
		if _, ok := a.heads[o.key]; !ok && o.key != "" {
			a.found(Finding{Kind: Unique, Position: o.position, Text: fmt.Sprintf("%s is taken by %s, which has no events", value, o.key)})
		}
	}
}
