package sealed

import (
	"bytes"
	"errors"
	"reflect"

	"github.com/jetsource/jetsource/codec"
)

// hasClearText reports whether the bytes of an event, whose type is t, have values of a subject
// that are not sealed, without any key. False is also for bytes that are not of the type, and for
// those of a codec that is not known. An error is one of the bytes or the type.
func (c *Codec) hasClearText(innerName, kind string, data []byte, t reflect.Type, subject string) (bool, error) {
	data, err := cutSum(data, kind)
	if err != nil {
		return false, err
	}
	inner := c.innerNamed(innerName)
	if inner == nil {
		return false, nil
	}
	raw := rawType(inner)
	if raw == nil {
		raw = reflect.TypeFor[[]byte]()
	}
	plan := planWith(t, raw)
	if plan.err != nil || plan.root == nil {
		return false, plan.err
	}
	return plan.root.hasClearText(inner, data, t, subject), nil
}

// innerNamed returns the codec of a name; nil for one that is not known.
func (c *Codec) innerNamed(name string) codec.Codec {
	inner, err := codec.Set{c.inner}.ByName(name)
	if err != nil {
		return nil
	}
	return inner
}

func (n *node) hasClearText(inner codec.Codec, data []byte, t reflect.Type, subject string) bool {
	shadow := reflect.New(n.shadow)
	if inner.Unmarshal(data, shadow.Interface()) != nil {
		return false
	}
	look := &opening{value: func(o *opening, p *personal, dst reflect.Value, value []byte) error {
		if o.scopes.of(p.of) != subject || bytes.HasPrefix(value, []byte(magic)) {
			return nil
		}
		if rawType(inner) == nil {
			return errFound
		}
		if _, clear := split(inner, value); clear && (inner.Unmarshal(value, dst.Addr().Interface()) != nil || p.tells(dst)) {
			return errFound
		}
		return nil
	}}
	return errors.Is(look.open(n, reflect.New(t).Elem(), shadow.Elem()), errFound)
}

// hasValues reports whether an event of type t, which decode reads, has values of a subject.
// False is also for an event that cannot be read.
func hasValues(t reflect.Type, subject string, decode func(event any) error) bool {
	plan := planOf(t)
	event := reflect.New(t)
	if plan.root == nil || decode(event.Interface()) != nil {
		return false
	}
	return errors.Is(visit(plan.root, event.Elem(), nil, func(p *personal, of string, field reflect.Value) error {
		if of == subject && p.tells(field) {
			return errFound
		}
		return nil
	}), errFound)
}

// errFound ends a walk.
var errFound = errors.New("found")

// tells reports whether a value is another one than that of a subject that was forgotten.
func (p *personal) tells(v reflect.Value) bool { return !v.IsZero() && !p.isErased(v) }

// clearTextIn returns the error of a subject that was forgotten, of n events with values of it in
// clear text.
func clearTextIn(n int, subject string) error {
	if n == 0 {
		return nil
	}
	return &ClearTextError{Subject: subject, Events: n}
}
