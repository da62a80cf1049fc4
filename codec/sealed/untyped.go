package sealed

import (
	"encoding/base64"
	"errors"
	"strings"

	"github.com/jetsource/jetsource/codec"
)

// Value stands for a personal value in what [Untyped] returns.
type Value struct {
	Field   string `json:"sealed"` // the stored name of the field
	Subject string `json:"subject"`
	// Empty says that nothing was encrypted: the value is the zero one, or what that of a
	// forgotten subject reads as.
	Empty bool `json:"empty,omitempty"`

	envelope envelope
}

const nameSuffix = ";sealed"

// InnerName returns the name of the codec inside of a sealed one; false if the name is not
// that of a [Codec].
func InnerName(name string) (inner string, ok bool) { return strings.CutSuffix(name, nameSuffix) }

// Untyped decodes an event whose Go type is not known and for which there is no key: for
// programs that show a log. It returns what package json makes of an object, with a *Value
// in place of each personal value, and all of these. The name is that of the codec that wrote
// the event; over another codec than [codec.JSON] and [codec.MessagePack] it is a
// [codec.UnknownError]. Bytes that are not those that were written are [ErrDamaged].
func Untyped(name, kind string, data []byte) (event any, values []*Value, err error) {
	inner, ok := InnerName(name)
	if !ok {
		return nil, nil, &codec.UnknownError{Name: name}
	}
	if data, err = cutSum(data, kind); err != nil {
		return nil, nil, err
	}
	if event, err = codec.Untyped(inner, data); err != nil {
		return nil, nil, err
	}
	event = replace(event, func(v *Value) any {
		values = append(values, v)
		return v
	})
	return event, values, nil
}

// OpenUntyped is [Untyped] for a program that has the keys: it returns an event with the
// values of one subject in the clear, and null in place of those of others and of one that was
// forgotten. It reports whether the event is about the subject. It returns a [FieldError].
func (c *Codec) OpenUntyped(name, kind string, data []byte, subject string) (event any, about bool, err error) {
	event, values, err := Untyped(name, kind, data)
	if err != nil {
		return nil, false, err
	}
	inner, _ := InnerName(name)
	opened := make(map[*Value]any)
	for _, v := range values {
		about = about || v.Subject == subject
		if v.Subject != subject || v.Empty {
			continue
		}
		value, err := c.openEnvelope(kind, &v.envelope)
		if errors.Is(err, ErrForgotten) {
			continue
		}
		if err != nil {
			return nil, about, &FieldError{Verb: "open", Field: v.Field, Subject: subject, Err: err}
		}
		if opened[v], err = codec.Untyped(inner, value); err != nil {
			return nil, about, err
		}
	}
	return replace(event, func(v *Value) any { return opened[v] }), about, nil
}

// replace returns v with what by returns in place of each personal value.
func replace(v any, by func(*Value) any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			v[key] = replace(value, by)
		}
	case []any:
		for i, value := range v {
			v[i] = replace(value, by)
		}
	case *Value:
		return by(v)
	case string:
		if found := valueIn(v); found != nil {
			return by(found)
		}
	case []byte:
		if found := valueIn(string(v)); found != nil {
			return by(found)
		}
	}
	return v
}

// valueIn returns the personal value that a text is, as bytes or as JSON writes bytes; nil
// if it is none.
func valueIn(text string) *Value {
	raw := []byte(text)
	if strings.HasPrefix(text, base64Magic) {
		var err error
		if raw, err = base64.StdEncoding.DecodeString(text); err != nil {
			return nil
		}
	}
	e, err := decodeEnvelope(raw)
	if err != nil {
		return nil
	}
	return &Value{Field: e.field, Subject: e.subject, Empty: e.form != sealedForm, envelope: e}
}
