package sealed

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/jetsource/jetsource/codec"
)

// rawType returns the type whose values are kept as they are encoded; nil for a codec of which
// it is not known.
func rawType(c codec.Codec) reflect.Type {
	switch c.Name() {
	case codec.JSON.Name():
		return reflect.TypeFor[json.RawMessage]()
	case codec.MessagePack.Name():
		return reflect.TypeFor[msgpack.RawMessage]()
	}
	return nil
}

// unmarshalMixed decodes bytes in which some personal values are not sealed, and reads those
// whose tags allow it. Failed is the error of decoding them as if all were sealed.
func (c *Codec) unmarshalMixed(kind string, data []byte, target reflect.Value, failed error) error {
	raw := rawType(c.inner)
	if raw == nil {
		return failed
	}
	plan := planWith(target.Type(), raw)
	if plan.err != nil {
		return plan.err
	}
	shadow := reflect.New(plan.root.shadow)
	plan.root.fill(shadow.Elem(), target)
	if c.inner.Unmarshal(data, shadow.Interface()) != nil {
		return failed // it is about another field
	}
	o := &opening{codec: c, kind: kind, value: (*opening).openMixed}
	return o.open(plan.root, target, shadow.Elem())
}

// openMixed opens one field, which may be in clear text.
func (o *opening) openMixed(p *personal, dst reflect.Value, raw []byte) error {
	envelope, clear := split(o.codec.inner, raw)
	if !clear {
		if envelope == nil {
			return nil
		}
		return o.openSealed(p, dst, envelope)
	}
	subject := o.scopes.of(p.of)
	if !p.clear {
		return p.err("open", subject, ErrClearText)
	}
	if subject != "" {
		_, err := o.codec.keys.forOpening(subject)
		if errors.Is(err, ErrForgotten) {
			dst.Set(p.erased)
			return nil
		}
		if _, away := errors.AsType[*KeyStoreError](err); away {
			return p.err("open", subject, err)
		}
	}
	if err := o.codec.inner.Unmarshal(raw, dst.Addr().Interface()); err != nil {
		return p.err("open", subject, fmt.Errorf("%w: %w", ErrClearText, err))
	}
	return nil
}

// split returns the envelope that an encoded value is, or that it is in clear text. A value of
// null is neither.
func split(inner codec.Codec, raw []byte) (envelope []byte, clear bool) {
	if err := inner.Unmarshal(raw, &envelope); err == nil {
		return envelope, envelope != nil && !bytes.HasPrefix(envelope, []byte(magic))
	}
	if bytes.HasPrefix(raw, []byte(`"`+base64Magic)) {
		return []byte(magic), false // it is cut off
	}
	return nil, true
}
