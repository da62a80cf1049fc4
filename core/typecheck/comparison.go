package typecheck

import (
	"fmt"
	"reflect"
	"time"
)

// comparison walks through two values.
type comparison struct {
	pointers map[pointer]uintptr // what each pointer of the first is in the second
	what     string              // how they differ
	path     []string            // where, from the inside out
}

// pointer is a pointer with its type: a struct and its first field have one address.
type pointer struct {
	typ reflect.Type
	at  uintptr
}

func (c *comparison) differ(format string, args ...any) bool {
	c.what = fmt.Sprintf(format, args...)
	return false
}

// in compares a part of the values.
func (c *comparison) in(name string, a, b reflect.Value, depth int) bool {
	if c.same(a, b, depth+1) {
		return true
	}
	c.path = append(c.path, name)
	return false
}

func (c *comparison) same(a, b reflect.Value, depth int) bool {
	switch {
	case depth > 4*MaxDepth:
		return c.differ("it is nested too deep")
	case a.IsValid() != b.IsValid():
		return c.differ("%s comes back as %s", describe(a), describe(b))
	case !a.IsValid():
		return true
	case a.Type() != b.Type():
		return c.differ("a %v comes back as a %v", a.Type(), b.Type())
	case a.Type().ConvertibleTo(timeType) && a.CanInterface():
		return c.sameTime(a.Convert(timeType).Interface().(time.Time), b.Convert(timeType).Interface().(time.Time))
	}
	switch a.Kind() {
	case reflect.Interface:
		return c.same(a.Elem(), b.Elem(), depth+1)
	case reflect.Pointer:
		return c.samePointer(a, b, depth)
	case reflect.Slice, reflect.Array:
		return c.sameList(a, b, depth)
	case reflect.Map:
		return c.sameMap(a, b, depth)
	case reflect.Struct:
		for i := range a.NumField() {
			f := a.Type().Field(i)
			if !HasNoValue(f) && !c.in("."+f.Name, a.Field(i), b.Field(i), depth) {
				return false
			}
		}
		return true
	default:
		return sameBasic(a, b) || c.differ("%s comes back as %s", describe(a), describe(b))
	}
}

func (c *comparison) sameTime(a, b time.Time) bool {
	nameA, offsetA := a.Zone()
	nameB, offsetB := b.Zone()
	if offsetA == 0 && nameA == "" { // UTC without its name
		nameA = nameB
	}
	if a.Equal(b) && nameA == nameB && offsetA == offsetB {
		return true
	}
	const layout = "2006-01-02T15:04:05.999999999Z07:00:00 MST"
	return c.differ("%s comes back as %s", a.Format(layout), b.Format(layout))
}

func (c *comparison) samePointer(a, b reflect.Value, depth int) bool {
	if a.IsNil() || b.IsNil() {
		return a.IsNil() == b.IsNil() || c.differ("%s comes back as %s", describe(a), describe(b))
	}
	p := pointer{a.Type(), a.Pointer()}
	if before, ok := c.pointers[p]; ok {
		elem := a.Type().Elem()
		// What a type keeps in unexported fields, it may share.
		mayShare := elem.Kind() != reflect.Struct || elem.ConvertibleTo(timeType) || !a.CanInterface()
		if before == b.Pointer() {
			return true
		} else if !mayShare {
			return c.differ("another pointer points to the same %v, and comes back with a copy of it", elem)
		}
	}
	c.pointers[p] = b.Pointer()
	return c.same(a.Elem(), b.Elem(), depth+1)
}

func (c *comparison) sameList(a, b reflect.Value, depth int) bool {
	if a.Len() != b.Len() {
		return c.differ("%s comes back as %s", describe(a), describe(b))
	}
	// A type may leave either in an unexported field, as big.Int does.
	if a.Kind() == reflect.Slice && a.IsNil() != b.IsNil() && a.CanInterface() {
		return c.differ("%s comes back as %s", describe(a), describe(b))
	}
	for i := range a.Len() {
		if !c.in("[]", a.Index(i), b.Index(i), depth) {
			return false
		}
	}
	return true
}

func (c *comparison) sameMap(a, b reflect.Value, depth int) bool {
	if a.Len() != b.Len() || a.IsNil() != b.IsNil() {
		return c.differ("%s comes back as %s", describe(a), describe(b))
	}
	for entry := a.MapRange(); entry.Next(); {
		other := b.MapIndex(entry.Key())
		if !other.IsValid() {
			return c.differ("the key %s does not come back", describe(entry.Key()))
		}
		if !c.in("[]", entry.Value(), other, depth) {
			return false
		}
	}
	return true
}
