package typecheck

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"unicode/utf8"
)

// TextError reports a string that is not UTF-8. JSON cannot carry it, so nothing was
// written. A field of type []byte can hold any bytes.
type TextError struct {
	Codec string       // the codec's name
	Type  reflect.Type // what was given to Marshal
	Field string       // the path to the string: "Order.Lines[3].Name"; "[key]" stands for a map's key
}

func (e *TextError) Error() string {
	return fmt.Sprintf("%s would change %s of %s: it is not UTF-8", e.Codec, e.Field, e.Type)
}

// replacement is what encoding/json writes for bytes that are not UTF-8. The character
// U+FFFD itself it writes unescaped.
var replacement = []byte(`\ufffd`)

// replacedText returns the path to a string of v that encoding/json has changed in
// data. Only if data holds a replacement is v searched; the replacement may also come
// from the application, in a json.RawMessage for example.
func replacedText(v any, data []byte) (path string, found bool) {
	if !bytes.Contains(data, replacement) {
		return "", false
	}
	return findNotUTF8(reflect.ValueOf(v))
}

// findNotUTF8 returns the path from v to a string that is not UTF-8, if there is one.
// It leaves out types that write themselves by methods.
func findNotUTF8(v reflect.Value) (path string, found bool) {
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
		return findNotUTF8(v.Elem())
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if path, found := findNotUTF8(v.Index(i)); found {
				return fmt.Sprintf("[%d]%s", i, path), true
			}
		}
	case reflect.Map:
		for entry := v.MapRange(); entry.Next(); {
			if _, found := findNotUTF8(entry.Key()); found {
				return "[key]", true
			}
			if path, found := findNotUTF8(entry.Value()); found {
				return fmt.Sprintf("[%v]%s", entry.Key(), path), true
			}
		}
	case reflect.Struct:
		for f, value := range v.Fields() {
			if f.Tag.Get("json") == "-" {
				continue
			}
			if path, found := findNotUTF8(value); found {
				return "." + f.Name + path, true
			}
		}
	}
	return "", false
}
