package coretest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// differences collects where two values of one type differ, a line for each
// place.
type differences struct {
	lines []string
	seen  map[[2]uintptr]bool // pointers that were compared: what they are to may lead back
}

// diff returns how two values differ.
func diff(got, want reflect.Value) []string {
	d := differences{seen: make(map[[2]uintptr]bool)}
	d.walk("", got, want)
	return d.lines
}

// diffOf is diff of values whose type is known.
func diffOf[T any](got, want T) []string {
	return diff(reflect.ValueOf(&got).Elem(), reflect.ValueOf(&want).Elem())
}

// list makes a paragraph of lines, below the sentence that it explains.
func list(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return ":\n    " + strings.Join(lines, "\n    ")
}

func (d *differences) add(path, got, want string) {
	if path == "" {
		path = "value"
	}
	d.lines = append(d.lines, fmt.Sprintf("%s: got %s, want %s", path, got, want))
}

func (d *differences) walk(path string, got, want reflect.Value) {
	same, leaf := byMethod(got, want)
	if !leaf {
		same, leaf = byShape(got, want)
	}
	switch {
	case leaf && !same:
		d.add(path, show(got), show(want))
	case !leaf:
		d.walkInto(path, got, want)
	}
}

// walkInto compares what two values of one shape hold.
func (d *differences) walkInto(path string, got, want reflect.Value) {
	switch got.Kind() {
	case reflect.Struct:
		for i := range got.NumField() {
			d.walk(join(path, got.Type().Field(i).Name), got.Field(i), want.Field(i))
		}
	case reflect.Pointer:
		pair := [2]uintptr{got.Pointer(), want.Pointer()}
		if !d.seen[pair] {
			d.seen[pair] = true
			d.walk(path, got.Elem(), want.Elem())
		}
	case reflect.Interface:
		d.walk(path, got.Elem(), want.Elem())
	case reflect.Slice, reflect.Array:
		for i := range got.Len() {
			d.walk(fmt.Sprintf("%s[%d]", path, i), got.Index(i), want.Index(i))
		}
	case reflect.Map:
		d.walkMap(path, got, want)
	}
}

func (d *differences) walkMap(path string, got, want reflect.Value) {
	place := func(key reflect.Value) string { return fmt.Sprintf("%s[%s]", path, show(key)) }
	before := len(d.lines) // a map has no order, its report has one
	for _, key := range got.MapKeys() {
		if other := want.MapIndex(key); other.IsValid() {
			d.walk(place(key), got.MapIndex(key), other)
		} else {
			d.add(place(key), show(got.MapIndex(key)), "none")
		}
	}
	for _, key := range want.MapKeys() {
		if !got.MapIndex(key).IsValid() {
			d.add(place(key), "none", show(want.MapIndex(key)))
		}
	}
	slices.Sort(d.lines[before:])
}

// byShape compares two values as a whole, where there is nothing to look into.
func byShape(got, want reflect.Value) (same, leaf bool) {
	switch got.Kind() {
	case reflect.Struct, reflect.Array:
		return false, false
	case reflect.Slice:
		same = got.IsNil() == want.IsNil() && got.Len() == want.Len()
		return same, !same
	case reflect.Map:
		same = got.IsNil() == want.IsNil()
		return same, !same
	case reflect.Pointer:
		same = got.Pointer() == want.Pointer()
		return same, same || got.IsNil() || want.IsNil()
	case reflect.Interface:
		same = got.IsNil() && want.IsNil()
		return same, same || got.IsNil() || want.IsNil() || got.Elem().Type() != want.Elem().Type()
	case reflect.Func:
		return got.IsNil() && want.IsNil(), true
	}
	return got.Equal(want), true
}

// byMethod compares two values by their method Equal, as [time.Time] asks for;
// false if there is none that can be called.
func byMethod(got, want reflect.Value) (same, ok bool) {
	if !got.CanInterface() || got.Kind() == reflect.Interface || got.Kind() == reflect.Pointer && (got.IsNil() || want.IsNil()) {
		return false, false
	}
	equal := got.MethodByName("Equal")
	if !equal.IsValid() {
		return false, false
	}
	t := equal.Type()
	if t.NumIn() != 1 || t.In(0) != got.Type() || t.NumOut() != 1 || t.Out(0).Kind() != reflect.Bool {
		return false, false
	}
	return equal.Call([]reflect.Value{want})[0].Bool(), true
}

var nilable = []reflect.Kind{reflect.Func, reflect.Interface, reflect.Map, reflect.Pointer, reflect.Slice}

// show writes a value as a test would, without the names of types.
func show(v reflect.Value) string {
	switch {
	case !v.IsValid():
		return "nil"
	case v.Kind() == reflect.String:
		return fmt.Sprintf("%q", v.String())
	case slices.Contains(nilable, v.Kind()) && v.IsNil():
		return "nil"
	case v.Kind() == reflect.Interface:
		return show(v.Elem())
	}
	return fmt.Sprintf("%+v", v)
}

func join(path, field string) string {
	if path == "" {
		return field
	}
	return path + "." + field
}
