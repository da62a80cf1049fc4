package sealed

import (
	"errors"
	"reflect"

	"github.com/jetsource/jetsource/codec"
)

// Codec is a [codec.Codec] that seals personal fields: see the package. It is safe for
// concurrent use, and there is nothing to close.
type Codec struct {
	inner codec.Codec
	keys  *keyring
}

var _ codec.KeyMaker = (*Codec)(nil)

// Name returns the name of the codec inside, with ";sealed" after it.
func (c *Codec) Name() string { return c.inner.Name() + nameSuffix }

// Marshal is MarshalKind without a kind.
func (c *Codec) Marshal(v any) ([]byte, error) { return c.MarshalKind("", v) }

// Unmarshal is UnmarshalKind without a kind.
func (c *Codec) Unmarshal(data []byte, v any) error { return c.UnmarshalKind("", data, v) }

// MarshalKind returns the bytes of v, its personal fields sealed. It returns a [TagError],
// a [SubjectError], a [FieldError], or an error of the codec inside.
func (c *Codec) MarshalKind(kind string, v any) ([]byte, error) {
	return c.marshal(kind, v, codec.Encode)
}

// MarshalState is MarshalKind of a state, which comes back as it is or is a
// [codec.ChangedError].
func (c *Codec) MarshalState(kind string, v any) ([]byte, error) {
	return c.marshal(kind, v, codec.EncodeState)
}

// NeedsKey reports whether to seal v would make a key for one of its subjects.
func (c *Codec) NeedsKey(v any) bool {
	plan, err := c.plan(reflect.TypeOf(v))
	if err != nil || plan.root == nil {
		return false
	}
	err = visit(plan.root, reflect.ValueOf(v), nil, func(_ *personal, subject string, _ reflect.Value) error {
		if subject == "" {
			return nil
		}
		_, err := c.keys.forOpening(subject)
		return err
	})
	return errors.Is(err, ErrNoKey)
}

type encode func(c codec.Codec, kind string, v any) ([]byte, error)

func (c *Codec) marshal(kind string, v any, write encode) ([]byte, error) {
	plan, err := c.plan(reflect.TypeOf(v))
	if err != nil {
		return nil, err
	}
	if plan.root == nil {
		data, err := write(c.inner, "", v)
		if err != nil {
			return nil, err
		}
		return appendSum(data, kind), nil
	}
	shadow := reflect.New(plan.root.shadow)
	s := &sealing{codec: c, kind: kind, write: write}
	if err := s.seal(plan.root, shadow.Elem(), reflect.ValueOf(v)); err != nil {
		return nil, err
	}
	data, err := write(c.inner, "", shadow.Interface())
	if err != nil {
		return nil, asOf(err, reflect.TypeOf(v))
	}
	return appendSum(data, kind), nil
}

// UnmarshalKind decodes v, a non-nil pointer. Personal fields of a subject that was
// forgotten get their zero value, or what their tag says. It
// returns a [FieldError], or an error that matches [ErrDamaged].
func (c *Codec) UnmarshalKind(kind string, data []byte, v any) error {
	data, err := cutSum(data, kind)
	if err != nil {
		return err
	}
	target := reflect.ValueOf(v)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		return c.inner.Unmarshal(data, v) // which says so
	}
	plan, err := c.plan(target.Type().Elem())
	if err != nil {
		return err
	}
	if plan.root == nil {
		return c.inner.Unmarshal(data, v)
	}
	shadow := reflect.New(plan.root.shadow)
	plan.root.fill(shadow.Elem(), target.Elem())
	err = c.inner.Unmarshal(data, shadow.Interface())
	if err == nil {
		o := &opening{codec: c, kind: kind, value: (*opening).openSealed}
		err = o.open(plan.root, target.Elem(), shadow.Elem())
		if !errors.Is(err, ErrClearText) {
			return err
		}
	}
	return c.unmarshalMixed(kind, data, target.Elem(), err)
}
