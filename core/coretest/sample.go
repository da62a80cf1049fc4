package coretest

import (
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"
)

// sample returns a value of a type that holds something in each of its fields, so that
// its JSON shows them all.
func sample(t reflect.Type) any {
	v := reflect.New(t).Elem()
	fill(v, "text", nil)
	return v.Interface()
}

var (
	timeType        = reflect.TypeFor[time.Time]()
	jsonUnmarshaler = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// fill sets v, which the field of a name holds. Types that decode themselves stay zero,
// and so do interfaces, and types inside themselves.
func fill(v reflect.Value, name string, inside []reflect.Type) {
	t := v.Type()
	if t == timeType {
		v.Set(reflect.ValueOf(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)))
		return
	}
	p := reflect.PointerTo(t)
	if p.Implements(jsonUnmarshaler) || p.Implements(textUnmarshaler) || slices.Contains(inside, t) {
		return
	}
	inside = append(slices.Clip(inside), t)
	switch t.Kind() {
	case reflect.String:
		v.SetString(name)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		v.SetUint(1)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(1.5)
	case reflect.Pointer:
		into := reflect.New(t.Elem())
		fill(into.Elem(), name, inside)
		v.Set(into)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(t, 1, 1))
		fill(v.Index(0), name, inside)
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), name, inside)
		}
	case reflect.Map:
		key, value := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
		fill(key, name, inside)
		fill(value, name, inside)
		v.Set(reflect.MakeMap(t))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for f, value := range v.Fields() {
			if f.IsExported() && f.Tag.Get("json") != "-" {
				fill(value, strings.ToLower(f.Name), inside)
			}
		}
	}
}
