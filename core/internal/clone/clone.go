// Package clone copies values, so that a copy can be encoded while the original changes.
package clone

import (
	"reflect"
	"time"
)

// Of returns a copy of v that shares nothing with it that can change; false if it
// cannot copy v: a value with unexported pointers, maps or slices, a function or a
// channel. Pointers and maps that v has in two places, the copy has in two places.
func Of[T any](v T) (copied T, ok bool) {
	c := copier{flat: make(map[reflect.Type]bool), seen: make(map[place]reflect.Value), ok: true}
	c.copy(reflect.ValueOf(&copied).Elem(), reflect.ValueOf(&v).Elem())
	return copied, c.ok
}

type copier struct {
	flat map[reflect.Type]bool
	seen map[place]reflect.Value // the copy of each pointer and map
	ok   bool
}

// place is a pointer with its type: a struct and its first field have one address.
type place struct {
	typ reflect.Type
	at  uintptr
}

var timeType = reflect.TypeFor[time.Time]()

// isFlat reports whether a plain assignment copies a value of t.
func (c *copier) isFlat(t reflect.Type) bool {
	if flat, ok := c.flat[t]; ok {
		return flat
	}
	flat := false
	switch t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface, reflect.Func, reflect.Chan, reflect.UnsafePointer:
	case reflect.Array:
		flat = c.isFlat(t.Elem())
	case reflect.Struct:
		flat = true
		for i := 0; i < t.NumField() && t != timeType; i++ {
			flat = flat && c.isFlat(t.Field(i).Type)
		}
	default:
		flat = true
	}
	c.flat[t] = flat
	return flat
}

// copy copies from into to, which is settable.
func (c *copier) copy(to, from reflect.Value) {
	t := from.Type()
	if c.isFlat(t) {
		to.Set(from)
		return
	}
	switch t.Kind() {
	case reflect.Array:
		for i := range from.Len() {
			c.copy(to.Index(i), from.Index(i))
		}
	case reflect.Struct:
		c.copyStruct(to, from)
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		c.ok = c.ok && from.IsZero()
	default:
		if !from.IsNil() {
			c.copyReference(to, from)
		}
	}
}

// copyReference copies what is not nil.
func (c *copier) copyReference(to, from reflect.Value) {
	switch from.Kind() {
	case reflect.Interface:
		held := reflect.New(from.Elem().Type()).Elem()
		c.copy(held, from.Elem())
		to.Set(held)
	case reflect.Slice:
		to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
		if c.isFlat(from.Type().Elem()) {
			reflect.Copy(to, from)
			return
		}
		for i := range from.Len() {
			c.copy(to.Index(i), from.Index(i))
		}
	default: // a pointer or a map
		at := place{from.Type(), from.Pointer()}
		if known, ok := c.seen[at]; ok {
			to.Set(known)
			return
		}
		if from.Kind() == reflect.Map {
			c.copyMap(to, from, at)
			return
		}
		target := reflect.New(from.Type().Elem())
		if from.Type().Name() != "" {
			target = target.Convert(from.Type())
		}
		c.seen[at] = target
		to.Set(target)
		c.copy(target.Elem(), from.Elem())
	}
}

func (c *copier) copyMap(to, from reflect.Value, at place) {
	t := from.Type()
	made := reflect.MakeMapWithSize(t, from.Len())
	c.seen[at] = made
	to.Set(made)
	key, elem := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
	flat := c.isFlat(t.Key()) && c.isFlat(t.Elem())
	for entry := from.MapRange(); entry.Next(); {
		if flat {
			key.SetIterKey(entry)
			elem.SetIterValue(entry)
		} else {
			key.SetZero()
			elem.SetZero()
			c.copy(key, entry.Key())
			c.copy(elem, entry.Value())
		}
		made.SetMapIndex(key, elem)
	}
}

func (c *copier) copyStruct(to, from reflect.Value) {
	t := from.Type()
	shallow := false
	for i := range t.NumField() {
		f := t.Field(i)
		if f.IsExported() || f.Anonymous && f.Type.Kind() == reflect.Struct && settable(f.Type) {
			continue
		}
		if !c.isFlat(f.Type) && !from.Field(i).IsZero() {
			c.ok = false
			return
		}
		shallow = true
	}
	if shallow {
		to.Set(from) // the fields that reflection cannot set
	}
	for i := range t.NumField() {
		if to.Field(i).CanSet() {
			to.Field(i).SetZero()
			c.copy(to.Field(i), from.Field(i))
		} else if f := t.Field(i); f.Anonymous && f.Type.Kind() == reflect.Struct {
			c.copyEmbedded(to.Field(i), from.Field(i))
		}
	}
}

// settable reports whether all fields of an embedded struct can be set.
func settable(t reflect.Type) bool {
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() && (!f.Anonymous || f.Type.Kind() != reflect.Struct || !settable(f.Type)) {
			return false
		}
	}
	return true
}

// copyEmbedded copies the fields of an embedded struct whose type is not exported.
func (c *copier) copyEmbedded(to, from reflect.Value) {
	for i := range to.NumField() {
		if to.Field(i).CanSet() {
			to.Field(i).SetZero()
			c.copy(to.Field(i), from.Field(i))
		} else if f := to.Type().Field(i); f.Anonymous && f.Type.Kind() == reflect.Struct {
			c.copyEmbedded(to.Field(i), from.Field(i))
		}
	}
}
