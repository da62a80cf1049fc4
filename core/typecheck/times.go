package typecheck

import (
	"reflect"
	"sync"
	"time"
)

// FixTimes gives the times in what was read into v, a non-nil pointer, zones that
// do not depend on the host: UTC, or an offset without a name. Encodings read a
// time into the zone of the host, if the offset matches or always.
func (c *Checker) FixTimes(v any) {
	t := reflect.TypeOf(v)
	if t == nil || t.Kind() != reflect.Pointer {
		return
	}
	if p := c.result(t.Elem()).in; p != nil {
		f := fixer{checker: c}
		f.fix(reflect.ValueOf(v).Elem(), p, 0)
	}
}

// fixer walks through a value that was read.
type fixer struct {
	checker *Checker
	stopped bool // the value contains itself, as it did before it was read
}

// fix reports whether it changed v, which can be set.
func (f *fixer) fix(v reflect.Value, p *plan, depth int) (changed bool) {
	f.stopped = f.stopped || depth > 4*MaxDepth // each level may have a pointer, a struct and a list
	if p == nil || f.stopped {
		return false
	}
	switch p.kind {
	case ofTime:
		return fixTime(v, p.utc)
	case ofInterface:
		return f.interfaceValue(v, depth)
	case ofPointer:
		if !v.IsNil() {
			f.fix(v.Elem(), p.elem, depth+1)
		}
	case ofList:
		for n := range v.Len() {
			changed = f.fix(v.Index(n), p.elem, depth+1) || changed
		}
	case ofMap:
		f.mapValue(v, p, depth)
	case ofStruct:
		for _, field := range p.fields {
			changed = f.fix(v.Field(field.index), field.plan, depth+1) || changed
		}
	}
	return changed
}

// fixTime gives the time v a zone that does not depend on the host.
func fixTime(v reflect.Value, utc bool) (changed bool) {
	t := v.Convert(timeType).Interface().(time.Time)
	fixed := t
	name, offset := t.Zone()
	local := t.Location() == time.Local
	switch {
	case utc, t.Location() == time.UTC, offset == 0 && (local || name == ""): // the location UTC has two forms
		fixed = t.UTC()
	case local || name == "":
		fixed = t.In(fixedZone(offset))
	}
	if fixed == t { //nolint:staticcheck // equal in their zones, too
		return false
	}
	v.Set(reflect.ValueOf(fixed).Convert(v.Type()))
	return true
}

// zones are zones without a name, by their offset in seconds. There is one of each
// offset, so that equal times are equal by == and as the keys of a map.
var zones sync.Map

func fixedZone(offset int) *time.Location {
	if zone, ok := zones.Load(offset); ok {
		return zone.(*time.Location)
	}
	zone := time.FixedZone("", offset)
	if offset%60 != 0 { // none that is usual: so their number is bounded
		return zone
	}
	kept, _ := zones.LoadOrStore(offset, zone)
	return kept.(*time.Location)
}

// interfaceValue changes what an interface holds, which cannot be changed in place.
func (f *fixer) interfaceValue(v reflect.Value, depth int) (changed bool) {
	if v.IsNil() {
		return false
	}
	held := v.Elem()
	p := f.checker.result(held.Type()).in
	if p == nil {
		return false
	}
	fixed := addressable(held)
	if changed = f.fix(fixed, p, depth+1); changed {
		v.Set(fixed)
	}
	return changed
}

// mapValue changes the keys and elements of a map, which cannot be changed in place.
func (f *fixer) mapValue(v reflect.Value, p *plan, depth int) {
	for entry := v.MapRange(); entry.Next(); {
		key, elem := addressable(entry.Key()), addressable(entry.Value())
		changed := f.fix(elem, p.elem, depth+1)
		if p.key != nil && f.fix(key, p.key, depth+1) {
			v.SetMapIndex(entry.Key(), reflect.Value{})
			changed = true
		}
		if changed {
			v.SetMapIndex(key, elem)
		}
	}
}

// addressable returns a copy of v that can be set.
func addressable(v reflect.Value) reflect.Value {
	copied := reflect.New(v.Type()).Elem()
	copied.Set(v)
	return copied
}
