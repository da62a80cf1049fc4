package sealed

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
)

// fill copies what a value holds already into its shadow, as far as a codec adds to it.
func (n *node) fill(shadow, v reflect.Value) {
	if v.Kind() != reflect.Struct || n.personal != nil {
		return
	}
	for _, f := range n.fields {
		if f.node == nil {
			shadow.Field(f.to).Set(v.Field(f.from))
		} else {
			f.node.fill(shadow.Field(f.to), v.Field(f.from))
		}
	}
}

// opening copies one shadow into its value.
type opening struct {
	codec  *Codec
	kind   string
	value  func(o *opening, p *personal, dst reflect.Value, data []byte) error // opens a field
	scopes scopes
}

// open sets dst to what src, its shadow, is.
func (o *opening) open(n *node, dst, src reflect.Value) error {
	if n.personal != nil {
		if src.Bytes() == nil {
			return nil // the field was added to the type since
		}
		return o.value(o, n.personal, dst, src.Bytes())
	}
	switch dst.Kind() {
	case reflect.Struct:
		return o.openStruct(n, dst, src)
	case reflect.Array:
		return o.openList(n, dst, src)
	}
	if src.IsNil() {
		dst.SetZero()
		return nil
	}
	switch dst.Kind() {
	case reflect.Pointer:
		dst.Set(reflect.New(dst.Type().Elem()))
		return o.open(n.elem, dst.Elem(), src.Elem())
	case reflect.Slice:
		dst.Set(reflect.MakeSlice(dst.Type(), src.Len(), src.Len()))
		return o.openList(n, dst, src)
	}
	dst.Set(reflect.MakeMapWithSize(dst.Type(), src.Len()))
	for entry := src.MapRange(); entry.Next(); {
		value := reflect.New(dst.Type().Elem()).Elem()
		if err := o.open(n.elem, value, entry.Value()); err != nil {
			return err
		}
		dst.SetMapIndex(entry.Key(), value)
	}
	return nil
}

func (o *opening) openList(n *node, dst, src reflect.Value) error {
	for i := range src.Len() {
		if err := o.open(n.elem, dst.Index(i), src.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

// openStruct sets what is not personal first: the subjects are there.
func (o *opening) openStruct(n *node, dst, src reflect.Value) (err error) {
	for _, f := range n.fields {
		if f.node == nil {
			dst.Field(f.from).Set(src.Field(f.to))
		}
	}
	outer := o.scopes
	defer func() { o.scopes = outer }()
	// Subjects of an embedded struct with personal fields are in its shadow still.
	n.copySubjects(dst, src)
	if o.scopes, err = o.scopes.enter(n, dst); err != nil {
		return &SubjectError{Field: dst.Type().String(), Err: err}
	}
	for _, f := range n.fields {
		if f.node == nil {
			continue
		}
		if err := o.open(f.node, dst.Field(f.from), src.Field(f.to)); err != nil {
			return err
		}
	}
	return nil
}

// copySubjects sets the fields of embedded structs that name subjects.
func (n *node) copySubjects(dst, src reflect.Value) {
	for _, f := range n.fields {
		if f.node == nil || f.node.personal != nil || !dst.Type().Field(f.from).Anonymous || dst.Field(f.from).Kind() != reflect.Struct {
			continue
		}
		inner := f.node
		for _, g := range inner.fields {
			if g.node == nil {
				dst.Field(f.from).Field(g.from).Set(src.Field(f.to).Field(g.to))
			}
		}
		inner.copySubjects(dst.Field(f.from), src.Field(f.to))
	}
}

// openSealed opens one field. What is no envelope matches [ErrClearText].
func (o *opening) openSealed(p *personal, dst reflect.Value, data []byte) error {
	subject := o.scopes.of(p.of)
	if !bytes.HasPrefix(data, []byte(magic)) {
		return p.err("open", subject, ErrClearText)
	}
	e, err := decodeEnvelope(data)
	if err == nil && (e.subject != subject || e.field != p.stored) {
		err = fmt.Errorf("%w: it was sealed as %.64q of subject %.64q", ErrDamaged, e.field, e.subject)
	}
	if err != nil {
		return p.err("open", subject, err)
	}
	switch e.form {
	case zeroForm:
		dst.SetZero()
		return nil
	case erasedForm:
		dst.Set(p.erased)
		return nil
	}
	value, err := o.codec.openEnvelope(o.kind, &e)
	if errors.Is(err, ErrForgotten) {
		dst.Set(p.erased)
		return nil
	}
	if err == nil {
		err = o.codec.inner.Unmarshal(value, dst.Addr().Interface())
	}
	if err != nil {
		return p.err("open", subject, err)
	}
	return nil
}

// openEnvelope returns what was sealed, or [ErrForgotten], [ErrNoKey] or [ErrDamaged].
func (c *Codec) openEnvelope(kind string, e *envelope) ([]byte, error) {
	key, err := c.keys.forOpening(e.subject)
	if err != nil {
		return nil, err
	}
	if key.id != e.key {
		return nil, fmt.Errorf("%w: the key store has another key of it", ErrNoKey)
	}
	return e.open(kind, key)
}
