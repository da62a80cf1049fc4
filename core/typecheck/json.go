package typecheck

import (
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

var numberType = reflect.TypeFor[json.Number]()

// JSON checks types for encoding/json.
var JSON = New(Rules{
	Name:         "application/json",
	Tag:          "json",
	Marshalers:   []reflect.Type{reflect.TypeFor[json.Marshaler](), reflect.TypeFor[encoding.TextMarshaler]()},
	Unmarshalers: []reflect.Type{reflect.TypeFor[json.Unmarshaler](), reflect.TypeFor[encoding.TextUnmarshaler]()},
	Fields:       jsonFields,
})

// EncodeJSON returns the JSON of v. It returns an [Error], a [CycleError], a
// [TimeError], a [TextError] or an [UnreadableError] for what could not be read as it
// was.
func EncodeJSON(v any) ([]byte, error) {
	data, err := WriteJSON(v)
	if err == nil {
		err = JSON.ReadBack(v, data, json.Unmarshal)
	}
	if err != nil {
		return nil, err
	}
	return data, nil
}

// WriteJSON is [EncodeJSON] that does not read back.
func WriteJSON(v any) ([]byte, error) {
	prepared, err := JSON.Prepare(v)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(prepared)
	if err != nil {
		return nil, err
	}
	if field, found := replacedText(prepared, data); found {
		t := reflect.TypeOf(v)
		return nil, &TextError{Codec: JSON.Name(), Type: t, Field: PathFrom(t, field)}
	}
	return data, nil
}

// DecodeJSON decodes JSON into v, with times as [Checker.FixTimes] leaves them.
func DecodeJSON(data []byte, v any) error {
	err := json.Unmarshal(data, v)
	JSON.FixTimes(v)
	return err
}

// jsonFields returns the fields that encoding/json writes of t.
func jsonFields(t reflect.Type) ([]Field, *Error) {
	fields, err := jsonPromoted(t, nil)
	if err != nil {
		return nil, err
	}
	// Of fields that share a name encoding/json writes the one that is embedded
	// least deeply, or none.
	byName := make(map[string]Field, len(fields))
	for _, f := range fields {
		other, ok := byName[f.Name]
		if !ok {
			byName[f.Name] = f
			continue
		}
		if strings.Count(f.Path, ".") < strings.Count(other.Path, ".") {
			f, other = other, f
		}
		return nil, Lost(f.Path, SameName(other.Path, f.Name))
	}
	return fields, nil
}

// jsonPromoted returns the fields of t and of the structs embedded in it, which
// outer are embedded in. Methods of an embedded struct do not matter here: if
// they were promoted, t would be written by them.
func jsonPromoted(t reflect.Type, outer []reflect.Type) ([]Field, *Error) {
	var fields []Field
	for f := range t.Fields() {
		tag := f.Tag.Get("json")
		if tag == "-" || HasNoValue(f) {
			continue
		}
		if reason := Unreachable(f); reason != "" {
			return nil, Lost(f.Name, reason)
		}
		name, options, _ := strings.Cut(tag, ",")
		inner, pointer := f.Type, f.Type.Kind() == reflect.Pointer
		if pointer {
			inner = inner.Elem()
		}
		if !f.Anonymous || name != "" || inner.Kind() != reflect.Struct {
			if name == "" {
				name = f.Name
			}
			fields = append(fields, Field{Path: f.Name, Name: name, Type: f.Type, Options: KeptOptions(options)})
			continue
		}
		if inner == t || slices.Contains(outer, inner) {
			return nil, Lost(f.Name, embedsItself)
		}
		embedded, err := jsonPromoted(inner, append(outer, t))
		if err != nil {
			return nil, err.Within("." + f.Name)
		}
		for _, e := range embedded {
			e.Path, e.ByPointer = f.Name+"."+e.Path, e.ByPointer || pointer
			fields = append(fields, e)
		}
	}
	return fields, nil
}
