package sealed

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core/typecheck"
)

// Config says how a [Codec] seals. The zero Config seals what [codec.JSON] writes, with data
// keys that the key store keeps as they are.
type Config struct {
	// Codec encodes what is sealed and what is not. Default [codec.JSON].
	Codec codec.Codec

	// KMS wraps the data keys before the key store has them. Nil leaves them as they are:
	// a reader of the key store then reads everything.
	KMS KMS

	// CacheSize is of how many subjects the data keys are kept in memory, those that were
	// used last: about 1 KiB for each. Default 100,000.
	CacheSize int

	// KeyAge is how long a data key is used before the key store is asked again, and so
	// how long [Forgetter.Forget] waits until no program has the destroyed key any more.
	// It must be the same in all programs. Default 5 s.
	KeyAge time.Duration

	// Timeout bounds each question to the key store and the KMS. Default 5 s.
	Timeout time.Duration
}

const defaultCacheSize = 100_000 // subjects

// Codec is a [codec.Codec] that seals personal fields: see the package. It is safe for
// concurrent use, and there is nothing to close.
type Codec struct {
	inner codec.Codec
	keys  *keyring
}

var _ codec.KindCodec = (*Codec)(nil)

// New returns a codec whose data keys are in store. An error is one of cfg.
func New(store KeyStore, cfg Config) (*Codec, error) {
	if store == nil || cfg.CacheSize < 0 || cfg.KeyAge < 0 || cfg.Timeout < 0 {
		return nil, errors.New("sealed: config: KeyStore is nil, or CacheSize, KeyAge or Timeout is negative")
	}
	if cfg.Codec == nil {
		cfg.Codec = codec.JSON
	}
	if _, sealed := cfg.Codec.(codec.KindCodec); sealed {
		return nil, fmt.Errorf("sealed: config: Codec %s is a KindCodec itself", cfg.Codec.Name())
	}
	def := func(d *time.Duration) {
		if *d == 0 {
			*d = 5 * time.Second
		}
	}
	def(&cfg.KeyAge)
	def(&cfg.Timeout)
	if cfg.CacheSize == 0 {
		cfg.CacheSize = defaultCacheSize
	}
	return &Codec{
		inner: cfg.Codec,
		keys:  &keyring{store: store, kms: cfg.KMS, timeout: cfg.Timeout, cache: newCache(cfg.CacheSize, cfg.KeyAge)},
	}, nil
}

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
// forgotten get their zero value, or what their tag says. It returns a [FieldError], or an
// error that matches [ErrDamaged].
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
	if err := c.inner.Unmarshal(data, shadow.Interface()); err != nil {
		return err
	}
	o := &opening{codec: c, kind: kind}
	return o.open(plan.root, target.Elem(), shadow.Elem())
}

// plan returns the plan of a type that the codec inside can write.
func (c *Codec) plan(t reflect.Type) (plan, error) {
	if t == nil {
		return plan{}, nil
	}
	p := planOf(t)
	if p.err != nil {
		return plan{}, p.err
	}
	if p.root == nil {
		return p, nil
	}
	return p, codec.CheckType(c.inner, t)
}

// CheckType reports whether values of type t can be sealed and read before there is one: a
// [TagError] or an error of the codec inside. A program calls it when it starts, or [Check].
func (c *Codec) CheckType(t reflect.Type) error {
	if _, err := c.plan(t); err != nil {
		return err
	}
	return codec.CheckType(c.inner, t)
}

// Check is CheckType of the types of some values: events and states of a program. It
// returns the errors of all of them.
func (c *Codec) Check(values ...any) error {
	var all []error
	for _, v := range values {
		all = append(all, c.CheckType(reflect.TypeOf(v)))
	}
	return errors.Join(all...)
}

// Layout identifies the layout of t: see [codec.Layout].
func (c *Codec) Layout(t reflect.Type) string {
	if t == nil {
		return codec.Layout(c.inner, t)
	}
	if p := planOf(t); p.root != nil {
		t = p.root.shadow
	}
	return "sealed " + codec.Layout(c.inner, t)
}

// asOf has an error of the shadow of a type name the type.
func asOf(err error, t reflect.Type) error {
	if changed, ok := errors.AsType[*codec.ChangedError](err); ok {
		changed.Type, changed.Field = t, typecheck.PathFrom(t, "."+changed.Field)
	}
	if unreadable, ok := errors.AsType[*codec.UnreadableError](err); ok {
		unreadable.Type = t
	}
	return err
}
