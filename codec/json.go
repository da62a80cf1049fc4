package codec

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// JSON writes events with encoding/json; its name is "application/json". It is the codec to begin with: everything
// reads it, and fields may be added to events later.
//
// Strings must be UTF-8: any other is a [*TextError]. In a field of type any, numbers come back as float64, which holds
// integers exactly up to 2^53.
var JSON Codec = &jsonCodec{shapes{rules: rules{
	codec:        "application/json",
	tag:          "json",
	marshalers:   []reflect.Type{reflect.TypeFor[json.Marshaler](), reflect.TypeFor[encoding.TextMarshaler]()},
	unmarshalers: []reflect.Type{reflect.TypeFor[json.Unmarshaler](), reflect.TypeFor[encoding.TextUnmarshaler]()},
	fields:       jsonFields,
}}}

type jsonCodec struct{ shapes }

func (c *jsonCodec) Name() string { return c.codec }

func (c *jsonCodec) Marshal(v any) ([]byte, error) {
	v, err := c.admit(v)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	if err := lostText(c.codec, v, data); err != nil {
		return nil, err
	}
	return data, nil
}

func (c *jsonCodec) Unmarshal(data []byte, v any) error {
	return json.Unmarshal(data, v)
}

func jsonFields(t reflect.Type) ([]field, *HiddenFieldError) {
	fields, err := jsonPromoted(t, nil)
	if err != nil {
		return nil, err
	}
	// Of fields that share a name encoding/json writes the least deep one, or none.
	byName := make(map[string]field, len(fields))
	for _, f := range fields {
		other, ok := byName[f.name]
		if !ok {
			byName[f.name] = f
			continue
		}
		if strings.Count(f.path, ".") < strings.Count(other.path, ".") {
			f, other = other, f
		}
		return nil, hidden(f.path, fmt.Sprintf(reasonSameName, other.path, f.name))
	}
	return fields, nil
}

// jsonPromoted lists the fields of t, and those of structs embedded in it whether or not these have methods: had they
// been promoted, t would be written by them.
func jsonPromoted(t reflect.Type, outer []reflect.Type) ([]field, *HiddenFieldError) {
	var fields []field
	for f := range t.Fields() {
		tag := f.Tag.Get("json")
		if tag == "-" || nothingToLose(f) {
			continue
		}
		if reason := unreachable(f); reason != "" {
			return nil, hidden(f.Name, reason)
		}
		name, _, _ := strings.Cut(tag, ",")
		inner, pointer := f.Type, f.Type.Kind() == reflect.Pointer
		if pointer {
			inner = inner.Elem()
		}
		if !f.Anonymous || name != "" || inner.Kind() != reflect.Struct {
			if name == "" {
				name = f.Name
			}
			fields = append(fields, field{path: f.Name, name: name, typ: f.Type})
			continue
		}
		if inner == t || slices.Contains(outer, inner) {
			return nil, hidden(f.Name, reasonItself)
		}
		embedded, err := jsonPromoted(inner, append(outer, t))
		if err != nil {
			return nil, err.within("." + f.Name)
		}
		for _, e := range embedded {
			e.path, e.pointer = f.Name+"."+e.path, e.pointer || pointer
			fields = append(fields, e)
		}
	}
	return fields, nil
}
