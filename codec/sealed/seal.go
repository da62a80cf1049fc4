package sealed

import (
	"errors"
	"reflect"
	"slices"

	"github.com/jetsource/jetsource/codec"
)

// scopes are the subjects of the structs around a field, innermost last.
type scopes []scope

type scope struct{ name, subject string }

// of returns the subject of a field.
func (s scopes) of(name string) string {
	for _, scope := range slices.Backward(s) {
		if scope.name == name {
			return scope.subject
		}
	}
	return ""
}

// enter adds the subjects that a struct names.
func (s scopes) enter(n *node, v reflect.Value) (scopes, error) {
	for _, named := range n.subjects {
		text, err := subjectText(v.FieldByIndex(named.index))
		if err != nil {
			return nil, err
		}
		s = append(s, scope{named.name, text})
	}
	return s, nil
}

// sealing copies one value into its shadow.
type sealing struct {
	codec    *Codec
	kind     string
	write    encode
	scopes   scopes
	pointers map[pointer]reflect.Value // to the shadow of what they point to
}

type pointer struct {
	typ reflect.Type
	ptr uintptr
}

// seal sets dst, a shadow, to what src is.
func (s *sealing) seal(n *node, dst, src reflect.Value) error {
	if n.personal != nil {
		return s.sealField(n.personal, dst, src)
	}
	switch src.Kind() {
	case reflect.Struct:
		return s.sealStruct(n, dst, src)
	case reflect.Pointer:
		return s.sealPointer(n, dst, src)
	case reflect.Slice:
		if src.IsNil() {
			return nil
		}
		dst.Set(reflect.MakeSlice(n.shadow, src.Len(), src.Len()))
		fallthrough
	case reflect.Array:
		for i := range src.Len() {
			if err := s.seal(n.elem, dst.Index(i), src.Index(i)); err != nil {
				return err
			}
		}
		return nil
	}
	if src.IsNil() {
		return nil
	}
	dst.Set(reflect.MakeMapWithSize(n.shadow, src.Len()))
	for entry := src.MapRange(); entry.Next(); {
		value := reflect.New(n.elem.shadow).Elem()
		if err := s.seal(n.elem, value, entry.Value()); err != nil {
			return err
		}
		dst.SetMapIndex(entry.Key(), value)
	}
	return nil
}

// sealPointer keeps that two pointers point to one value: a state with such is not stored.
func (s *sealing) sealPointer(n *node, dst, src reflect.Value) error {
	if src.IsNil() {
		return nil
	}
	at := pointer{src.Type(), src.Pointer()}
	if known, ok := s.pointers[at]; ok {
		dst.Set(known)
		return nil
	}
	if s.pointers == nil {
		s.pointers = make(map[pointer]reflect.Value)
	}
	dst.Set(reflect.New(n.elem.shadow))
	s.pointers[at] = dst
	return s.seal(n.elem, dst.Elem(), src.Elem())
}

func (s *sealing) sealStruct(n *node, dst, src reflect.Value) (err error) {
	outer := s.scopes
	defer func() { s.scopes = outer }()
	if s.scopes, err = s.scopes.enter(n, src); err != nil {
		return &SubjectError{Field: src.Type().String(), Err: err}
	}
	for _, f := range n.fields {
		if f.node == nil {
			dst.Field(f.to).Set(src.Field(f.from))
		} else if err := s.seal(f.node, dst.Field(f.to), src.Field(f.from)); err != nil {
			return err
		}
	}
	return nil
}

func (s *sealing) sealField(p *personal, dst, src reflect.Value) error {
	e := envelope{subject: s.scopes.of(p.of), field: p.stored}
	if e.subject == "" {
		if !src.IsZero() {
			return &SubjectError{Field: p.path}
		}
		e.form = zeroForm
		dst.SetBytes(e.encode())
		return nil
	}
	value, err := s.write(s.codec.inner, "", src.Interface())
	var key *dataKey
	if err == nil {
		key, err = s.codec.keys.forSealing(e.subject)
	}
	switch {
	case err == nil:
		e.seal(s.kind, key, value)
	case errors.Is(err, ErrForgotten) && src.IsZero():
		e.form = zeroForm
	case errors.Is(err, ErrForgotten) && p.isErased(src):
		e.form = erasedForm
	default:
		return p.err("seal", e.subject, err)
	}
	dst.SetBytes(e.encode())
	return nil
}

// isErased reports whether a value is what a forgotten one reads as.
func (p *personal) isErased(v reflect.Value) bool {
	return reflect.DeepEqual(v.Interface(), p.erased.Interface())
}

func (p *personal) err(verb, subject string, err error) error {
	if changed, ok := errors.AsType[*codec.ChangedError](err); ok {
		changed.Field = p.path
		return changed
	}
	return &FieldError{Verb: verb, Field: p.path, Subject: subject, Err: err}
}
