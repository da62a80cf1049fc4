package codec

import (
	"encoding"
	"reflect"
	"strings"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/jetsource/jetsource/core/typecheck"
)

// msgpackTypes checks types for the msgpack library.
var msgpackTypes = typecheck.New(typecheck.Rules{
	Name:         "application/vnd.msgpack",
	Tag:          "msgpack",
	Marshalers:   msgpackMarshalers,
	Unmarshalers: msgpackUnmarshalers,
	Registered:   msgpackRegistered,
	Instants:     true,
	Fields:       msgpackFields,
	Ordered:      msgpackOrdered,
})

// msgpackOrdered reports whether the library writes t as an array: a field that has no
// value says so.
func msgpackOrdered(t reflect.Type) bool {
	f, ok := t.FieldByName("_msgpack")
	_, options, _ := strings.Cut(f.Tag.Get("msgpack"), ",")
	return ok && (hasOption(options, "as_array") || hasOption(options, "asArray"))
}

var (
	msgpackMarshalers = []reflect.Type{
		reflect.TypeFor[msgpack.CustomEncoder](), reflect.TypeFor[msgpack.Marshaler](),
		reflect.TypeFor[encoding.BinaryMarshaler](), reflect.TypeFor[encoding.TextMarshaler](),
	}
	msgpackUnmarshalers = []reflect.Type{
		reflect.TypeFor[msgpack.CustomDecoder](), reflect.TypeFor[msgpack.Unmarshaler](),
		reflect.TypeFor[encoding.BinaryUnmarshaler](), reflect.TypeFor[encoding.TextUnmarshaler](),
	}
)

// msgpackFields returns the fields that the library writes of t. The fields of an embedded struct become fields of t if
// the embedded struct has no methods of its own and none of their names is taken; otherwise the embedded struct is one
// field. An "inline" tag makes them fields of t in any case.
func msgpackFields(t reflect.Type) ([]typecheck.Field, *typecheck.Error) {
	var fields []typecheck.Field
	paths := make(map[string]string) // of the fields so far, by name
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("msgpack"), ",")
		if name == "-" || typecheck.HasNoValue(f) {
			continue
		}
		if reason := typecheck.Unreachable(f); reason != "" {
			return nil, typecheck.Lost(f.Name, reason)
		}
		if name == "" || strings.Contains(name, ":") {
			name = f.Name
		}
		add := []typecheck.Field{{Path: f.Name, Name: name, Type: f.Type, Options: typecheck.KeptOptions(options)}}
		embedded, err := msgpackEmbedded(f, options)
		if err != nil {
			return nil, err
		}
		inline := hasOption(options, "inline")
		if embedded != nil && (inline || !anyTaken(paths, embedded)) {
			add = embedded
		}
		for _, a := range add {
			if other, ok := paths[a.Name]; ok {
				lost, kept := other, a.Path
				if inline {
					lost, kept = kept, lost
				}
				return nil, typecheck.Lost(lost, typecheck.SameName(kept, a.Name))
			}
			paths[a.Name] = a.Path
		}
		fields = append(fields, add...)
	}
	return fields, nil
}

// msgpackEmbedded returns the fields of the struct that f embeds, none if f is not written by them.
func msgpackEmbedded(f reflect.StructField, options string) ([]typecheck.Field, *typecheck.Error) {
	t := f.Type
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if !f.Anonymous || t.Kind() != reflect.Struct || hasOption(options, "noinline") {
		return nil, nil
	}
	_, marshals := typecheck.FindMethod(t, true, msgpackMarshalers)
	_, unmarshals := typecheck.FindMethod(t, true, msgpackUnmarshalers)
	if !hasOption(options, "inline") && (marshals || unmarshals || msgpackRegistered(t)) {
		if !f.IsExported() {
			return nil, typecheck.Lost(f.Name, typecheck.Unexported)
		}
		return nil, nil
	}
	if f.Type.Kind() == reflect.Pointer {
		return nil, typecheck.Lost(f.Name, typecheck.NilInlined)
	}
	fields, err := msgpackFields(t)
	for i := range fields {
		fields[i].Path = f.Name + "." + fields[i].Path
	}
	return fields, err.Within("." + f.Name)
}

// hasOption reports whether option is one of the options of a tag, which commas separate.
func hasOption(options, option string) bool {
	return strings.Contains(","+options+",", ","+option+",")
}

// anyTaken reports whether the name of one of the fields is a key of paths.
func anyTaken(paths map[string]string, fields []typecheck.Field) bool {
	for _, f := range fields {
		if _, ok := paths[f.Name]; ok {
			return true
		}
	}
	return false
}
