package sealed

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/jetsource/jetsource/codec"
)

// tag is what a struct tag says of a field.
type tag struct {
	subject, personal bool
	of                string // the name of the subject, of several in one struct
	cleartext         bool   // it may be in clear text, from before the tag
	erased            *string
}

// parseTag returns what a tag says; the zero tag if it says nothing.
func parseTag(t reflect.StructTag) (parsed tag, err error) {
	text, ok := t.Lookup(codec.PersonalTag)
	if !ok {
		return parsed, nil
	}
	word, rest, more := strings.Cut(text, ",")
	switch word {
	case "subject":
		parsed.subject = true
	case "personal":
		parsed.personal = true
	default:
		return parsed, fmt.Errorf("the tag %q is neither subject nor personal", text)
	}
	for more {
		var option string
		if value, erased := strings.CutPrefix(rest, "erased="); erased && parsed.personal {
			parsed.erased = &value // which may have commas
			break
		}
		option, rest, more = strings.Cut(rest, ",")
		if option == "cleartext" && parsed.personal {
			parsed.cleartext = true
			continue
		}
		name, ok := strings.CutPrefix(option, "of=")
		if !ok || name == "" {
			return parsed, fmt.Errorf("the tag %q has the unknown option %q", text, option)
		}
		parsed.of = name
	}
	return parsed, nil
}

// erasedValue returns what a forgotten field of type t reads as.
func erasedValue(t reflect.Type, text *string) (reflect.Value, error) {
	v := reflect.New(t).Elem()
	if text == nil {
		return v, nil
	}
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return v, u.UnmarshalText([]byte(*text))
	}
	switch t.Kind() {
	case reflect.String:
		v.SetString(*text)
		return v, nil
	case reflect.Bool:
		b, err := strconv.ParseBool(*text)
		v.SetBool(b)
		return v, err
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := strconv.ParseInt(*text, 10, t.Bits())
		v.SetInt(n)
		return v, err
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n, err := strconv.ParseUint(*text, 10, t.Bits())
		v.SetUint(n)
		return v, err
	case reflect.Float32, reflect.Float64:
		f, err := strconv.ParseFloat(*text, t.Bits())
		v.SetFloat(f)
		return v, err
	}
	return v, fmt.Errorf("a %v has no value of a text: leave out erased=", t)
}

// subjectText returns the subject that a field names.
func subjectText(v reflect.Value) (string, error) {
	if m, ok := v.Interface().(encoding.TextMarshaler); ok {
		if v.IsZero() {
			return "", nil
		}
		text, err := m.MarshalText()
		return string(text), err
	}
	switch v.Kind() {
	case reflect.String:
		return v.String(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10), nil
	default:
		return strconv.FormatUint(v.Uint(), 10), nil
	}
}

// canBeSubject reports whether subjectText takes values of t.
func canBeSubject(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return true
	case reflect.Pointer, reflect.Interface:
		return false
	}
	return t.Implements(reflect.TypeFor[encoding.TextMarshaler]())
}

// storedName returns the name of a field as it is bound to what is sealed: that of its
// tag for JSON or MessagePack, if it has one, so that the Go field can be renamed.
func storedName(f reflect.StructField) string {
	for _, key := range []string{"json", "msgpack"} {
		if name, _, _ := strings.Cut(f.Tag.Get(key), ","); name != "" && name != "-" {
			return name
		}
	}
	return f.Name
}

// withoutTag returns a tag without the part for this package.
func withoutTag(t reflect.StructTag) reflect.StructTag {
	value, ok := t.Lookup(codec.PersonalTag)
	if !ok {
		return t
	}
	part := codec.PersonalTag + ":" + strconv.Quote(value)
	return reflect.StructTag(strings.TrimSpace(strings.Replace(string(t), part, "", 1)))
}
