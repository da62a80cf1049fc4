package sealed

import (
	"errors"
	"reflect"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core/typecheck"
)

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

// Check is CheckType of the types of some values: events and states of a program, and what events
// were before, by their [core.History]. A field of old that is personal in the event must be so
// there, and read the same once it is forgotten, if the struct of old has the field of its
// subject as well. It returns the errors of all of them.
func (c *Codec) Check(values ...any) error {
	var all []error
	for _, v := range values {
		t := reflect.TypeOf(v)
		err := c.CheckType(t)
		all = append(all, err)
		for old := range payloads(v) {
			if oldErr := c.CheckType(old); oldErr != nil || err != nil {
				all = append(all, oldErr)
				continue
			}
			if mistake := sameTags(t, old); mistake != nil {
				all = append(all, mistake)
			}
		}
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
