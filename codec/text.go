package codec

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"
)

// TextError tells that a string of a value is not UTF-8. JSON cannot carry it, so nothing was written. A field of type
// []byte can hold any bytes.
type TextError struct {
	Codec string       // the codec's name
	Type  reflect.Type // what was given to Marshal
	Field string       // the way to the string: "Order.Lines[3].Name"; "[key]" stands for a map's key
}

func (e *TextError) Error() string {
	return fmt.Sprintf("%s would change %s of %s: it is not UTF-8", e.Codec, e.Field, e.Type)
}

// replaced is what encoding/json writes for bytes that are not UTF-8. U+FFFD itself it writes as it is.
var replaced = []byte(`\ufffd`)

// lostText returns a [*TextError] if encoding/json has replaced a part of a string of v in data. The bytes that tell may
// come from elsewhere, such as a json.RawMessage; so it looks.
func lostText(codec string, v any, data []byte) error {
	if !bytes.Contains(data, replaced) {
		return nil
	}
	field, found := notUTF8(reflect.ValueOf(v))
	if !found {
		return nil
	}
	t := pointedTo(reflect.TypeOf(v))
	return &TextError{Codec: codec, Type: t, Field: strings.TrimPrefix(t.Name()+field, ".")}
}

// notUTF8 returns the way from v to a string that is not UTF-8, if there is one. What methods write is their affair.
func notUTF8(v reflect.Value) (string, bool) {
	if !v.IsValid() {
		return "", false
	}
	if v.CanInterface() {
		switch v.Interface().(type) {
		case json.Marshaler, encoding.TextMarshaler:
			return "", false
		}
	}
	switch v.Kind() {
	case reflect.String:
		return "", !utf8.ValidString(v.String())
	case reflect.Pointer, reflect.Interface:
		return notUTF8(v.Elem())
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if field, found := notUTF8(v.Index(i)); found {
				return fmt.Sprintf("[%d]%s", i, field), true
			}
		}
	case reflect.Map:
		for entry := v.MapRange(); entry.Next(); {
			if _, found := notUTF8(entry.Key()); found {
				return "[key]", true
			}
			if field, found := notUTF8(entry.Value()); found {
				return fmt.Sprintf("[%v]%s", entry.Key(), field), true
			}
		}
	case reflect.Struct:
		for f, value := range v.Fields() {
			if f.Tag.Get("json") == "-" {
				continue
			}
			if field, found := notUTF8(value); found {
				return "." + f.Name + field, true
			}
		}
	}
	return "", false
}
