package sealed

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/jetsource/jetsource/codec"
)

// Erase sets the personal fields of a subject in what state points to as if the state had
// been folded from events of which the subject was forgotten: for the handler of
// [Forgotten] in a live projection. Only fields with tags are known.
func Erase(state any, subject string) error {
	v := reflect.ValueOf(state)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return fmt.Errorf("erase: %T is no pointer", state)
	}
	plan := planOf(v.Type())
	if plan.err != nil || plan.root == nil {
		return plan.err
	}
	return visit(plan.root, v, nil, func(p *personal, of string, field reflect.Value) error {
		if of == subject && field.CanSet() {
			field.Set(p.erased)
		}
		return nil
	})
}

// Copier is [codec.Copier] for the cached states of a repository: see [core.Cache]. A state
// that holds personal values of a subject that was forgotten is not copied, so the
// repository drops it and reads the events. The copy is made by the codec inside. It panics
// for a type whose tags are wrong.
func Copier[T any](c *Codec) func(T) (T, error) {
	plan, err := c.plan(reflect.TypeFor[T]())
	if err != nil {
		panic(err)
	}
	copier := codec.Copier[T](c.inner)
	if plan.root == nil {
		return copier
	}
	return func(v T) (T, error) {
		err := visit(plan.root, reflect.ValueOf(v), nil, func(p *personal, subject string, field reflect.Value) error {
			if subject == "" || !p.tells(field) {
				return nil
			}
			if _, err := c.keys.forOpening(subject); err != nil && !errors.Is(err, ErrNoKey) {
				return p.err("copy", subject, err)
			}
			return nil
		})
		if err != nil {
			var none T
			return none, err
		}
		return copier(v)
	}
}

// visit calls f with the personal fields of a value, which may change those that are not in
// a map; of a map it changes a copy of the element, which is put back.
func visit(n *node, v reflect.Value, in scopes, f func(p *personal, subject string, field reflect.Value) error) (err error) {
	if n.personal != nil {
		return f(n.personal, in.of(n.personal.of), v)
	}
	switch v.Kind() {
	case reflect.Struct:
		if in, err = in.enter(n, v); err != nil {
			return &SubjectError{Field: v.Type().String(), Err: err}
		}
		for _, field := range n.fields {
			if field.node == nil {
				continue
			}
			if err := visit(field.node, v.Field(field.from), in, f); err != nil {
				return err
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			return visit(n.elem, v.Elem(), in, f)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if err := visit(n.elem, v.Index(i), in, f); err != nil {
				return err
			}
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			value := reflect.New(v.Type().Elem()).Elem()
			value.Set(v.MapIndex(key))
			if err := visit(n.elem, value, in, f); err != nil {
				return err
			}
			if v.CanSet() {
				v.SetMapIndex(key, value)
			}
		}
	}
	return nil
}
