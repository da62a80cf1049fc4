package codec

import (
	"fmt"
	"reflect"
	"strings"
)

// msgpackFields follows the library: an embedded struct's fields become the outer struct's if it has no methods of its
// own and none of their names is taken; else it is a field like another.
func msgpackFields(t reflect.Type) ([]field, *HiddenFieldError) {
	var fields []field
	paths := make(map[string]string) // by name
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("msgpack"), ",")
		if name == "-" || nothingToLose(f) {
			continue
		}
		if reason := unreachable(f); reason != "" {
			return nil, hidden(f.Name, reason)
		}
		if name == "" || strings.Contains(name, ":") {
			name = f.Name
		}
		add := []field{{path: f.Name, name: name, typ: f.Type}}
		inner, err := msgpackInlined(f, options)
		if err != nil {
			return nil, err
		}
		inline := hasOption(options, "inline")
		if inner != nil && (inline || !taken(paths, inner)) {
			add = inner
		}
		for _, a := range add {
			if other, ok := paths[a.name]; ok {
				lost, kept := other, a.path
				if inline {
					lost, kept = kept, lost
				}
				return nil, hidden(lost, fmt.Sprintf(reasonSameName, kept, a.name))
			}
			paths[a.name] = a.path
		}
		fields = append(fields, add...)
	}
	return fields, nil
}

// msgpackInlined lists the fields of the struct that f embeds, none if f is not written by them.
func msgpackInlined(f reflect.StructField, options string) ([]field, *HiddenFieldError) {
	t := f.Type
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if !f.Anonymous || t.Kind() != reflect.Struct || hasOption(options, "noinline") {
		return nil, nil
	}
	_, marshals := method(t, true, msgpackMarshalers)
	_, unmarshals := method(t, true, msgpackUnmarshalers)
	if !hasOption(options, "inline") && (marshals || unmarshals || msgpackRegistered(t)) {
		if !f.IsExported() {
			return nil, hidden(f.Name, reasonUnexported)
		}
		return nil, nil
	}
	if f.Type.Kind() == reflect.Pointer {
		return nil, hidden(f.Name, reasonNilInlined)
	}
	fields, err := msgpackFields(t)
	for i := range fields {
		fields[i].path = f.Name + "." + fields[i].path
	}
	return fields, err.within("." + f.Name)
}

func hasOption(options, option string) bool {
	return strings.Contains(","+options+",", ","+option+",")
}

func taken(paths map[string]string, fields []field) bool {
	for _, f := range fields {
		if _, ok := paths[f.name]; ok {
			return true
		}
	}
	return false
}
