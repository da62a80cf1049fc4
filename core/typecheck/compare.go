package typecheck

import (
	"fmt"
	"reflect"
)

// ChangedError reports a value that an encoding reads as another one, though it
// reads it without an error. What was encoded is not to be used.
type ChangedError struct {
	Codec string       // the name of the encoding
	Type  reflect.Type // of the value
	Field string       // the path to what changed: "Cart.Items"; "[]" stands for an element of a list or a map
	What  string       // what changed: "an empty map comes back nil"
}

func (e *ChangedError) Error() string {
	return fmt.Sprintf("%s changes %s of %s: %s", e.Codec, e.Field, e.Type, e.What)
}

// Compare returns a [ChangedError] if back, which was decoded from what v was
// encoded as, is not what v is. It compares nothing if the type of v tells that its
// values come back as they are: numbers, strings and bools, and lists, maps and
// structs of them. Both are of one type.
//
// Nil differs from empty, NaN equals itself, and a time is its instant and its
// zone: its monotonic clock does not count. Fields tagged "-" count. Two pointers
// to one struct must come back so, unless they point to a time.
func (c *Checker) Compare(v, back any) error {
	if t := reflect.TypeOf(v); t == nil || c.result(t).plain {
		return nil
	}
	return Compare(c.rules.Name, v, back)
}

// Compare does so for an encoding of which nothing but its name is known.
func Compare(name string, v, back any) error {
	t := reflect.TypeOf(v)
	if t == nil {
		return nil
	}
	c := comparison{pointers: make(map[pointer]uintptr)}
	if c.same(reflect.ValueOf(v), reflect.ValueOf(back), 0) {
		return nil
	}
	path := ""
	for _, name := range c.path {
		path = name + path
	}
	if path = PathFrom(t, path); path == "" {
		path = "the value"
	}
	return &ChangedError{Codec: name, Type: t, Field: path, What: c.what}
}

// Survives decodes data, the encoded v, into a new value, and returns an
// [UnreadableError] if that fails, and a [ChangedError] if it is not what v is. It
// decodes nothing if the type of v tells that it is: see [Checker.Compare].
func (c *Checker) Survives(v any, data []byte, unmarshal func([]byte, any) error) error {
	t := reflect.TypeOf(v)
	if t == nil {
		return nil
	}
	r := c.result(t)
	if r.plain {
		return nil
	}
	return survives(c.rules.Name, r.hint, v, data, unmarshal)
}

// Survives does so for an encoding of which nothing but its name is known.
func Survives(name string, v any, data []byte, unmarshal func([]byte, any) error) error {
	if v == nil {
		return nil
	}
	return survives(name, "", v, data, unmarshal)
}

func survives(name, hint string, v any, data []byte, unmarshal func([]byte, any) error) error {
	t := reflect.TypeOf(v)
	back, err := readInto(t, data, unmarshal)
	if err != nil {
		return &UnreadableError{Codec: name, Type: t, Hint: hint, Err: err}
	}
	return Compare(name, v, back)
}
