package sealed

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/jetsource/jetsource/codec"
)

// openUntyped returns an event, whose Go type is not known, with the values of one subject
// opened.
func (c *Codec) openUntyped(kind string, data []byte, subject string) (any, error) {
	data, err := cutSum(data, kind)
	if err != nil {
		return nil, err
	}
	event, err := c.decodeAny(data)
	if err != nil {
		return nil, err
	}
	return c.openAny(replace(event), kind, subject)
}

// subjects returns of whom the bytes of an event have sealed values, whatever codec wrote
// them: as bytes, or as JSON writes bytes.
func (c *Codec) subjects(kind string, data []byte) (map[string]bool, error) {
	data, err := cutSum(data, kind)
	if err != nil {
		return nil, err
	}
	var all map[string]bool
	add := func(envelope []byte) {
		if e, _, err := decodeHead(envelope); err == nil {
			if all == nil {
				all = make(map[string]bool)
			}
			all[e.subject] = true
		}
	}
	for at := range indices(data, magic) {
		add(data[at:])
	}
	for at := range indices(data, base64Magic) {
		text := data[at:]
		if end := bytes.IndexByte(text, '"'); end >= 0 {
			text = text[:end]
		}
		envelope, _ := base64.StdEncoding.AppendDecode(nil, text) // the part before a fault
		add(envelope)
	}
	return all, nil
}

// indices yields where a text is in data.
func indices(data []byte, text string) iter.Seq[int] {
	return func(yield func(int) bool) {
		for from := 0; ; {
			at := bytes.Index(data[from:], []byte(text))
			if at < 0 || !yield(from+at) {
				return
			}
			from += at + 1
		}
	}
}

// base64Magic is how JSON has an envelope begin.
var base64Magic = base64.StdEncoding.EncodeToString([]byte(magic))

// decodeAny decodes what the codec inside has written, without its type.
func (c *Codec) decodeAny(data []byte) (any, error) { return decodeAny(c.inner.Name(), data) }

// decodeAny decodes what a codec has written that is known by its name.
func decodeAny(name string, data []byte) (v any, err error) {
	switch name {
	case codec.JSON.Name():
		d := json.NewDecoder(bytes.NewReader(data))
		d.UseNumber()
		err = d.Decode(&v)
	case codec.MessagePack.Name():
		err = codec.MessagePack.Unmarshal(data, &v)
	default:
		err = fmt.Errorf("what %s writes cannot be read without its type: it is neither JSON nor MessagePack", name)
	}
	return v, err
}

// replace returns v with an envelope in place of each sealed value.
func replace(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			v[key] = replace(value)
		}
	case []any:
		for i, value := range v {
			v[i] = replace(value)
		}
	case string:
		if strings.HasPrefix(v, base64Magic) {
			if raw, err := base64.StdEncoding.DecodeString(v); err == nil {
				return envelopeIn(raw, v)
			}
		}
		return envelopeIn([]byte(v), v)
	}
	return v
}

func envelopeIn(raw []byte, v string) any {
	e, err := decodeEnvelope(raw)
	if err != nil {
		return v
	}
	return &e
}

// openAny returns a part of an event with the values of one subject opened, as far as its
// key is there, and without those of others.
func (c *Codec) openAny(v any, kind, subject string) (_ any, err error) {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if v[key], err = c.openAny(value, kind, subject); err != nil {
				return nil, err
			}
		}
	case []any:
		for i, value := range v {
			if v[i], err = c.openAny(value, kind, subject); err != nil {
				return nil, err
			}
		}
	case *envelope:
		if v.subject != subject || v.form != sealedForm {
			return nil, nil
		}
		data, err := c.openEnvelope(kind, v)
		if errors.Is(err, ErrForgotten) {
			return nil, nil
		}
		if err != nil {
			return nil, &FieldError{Verb: "open", Field: v.field, Subject: subject, Err: err}
		}
		return c.decodeAny(data)
	}
	return v, nil
}
