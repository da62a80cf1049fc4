package typecheck

import (
	"fmt"
	"reflect"
)

// UnreadableError reports a value that was encoded and could not be decoded again,
// so nothing was stored: it could never be read.
type UnreadableError struct {
	Codec string       // the name of the encoding
	Type  reflect.Type // of the value
	Hint  string       // what to change in the type; empty if the type does not tell
	Err   error        // why it could not be decoded
}

func (e *UnreadableError) Error() string {
	if e.Hint == "" {
		return fmt.Sprintf("%s could not read %s back: %v", e.Codec, e.Type, e.Err)
	}
	return fmt.Sprintf("%s could not read %s back: %s: %v", e.Codec, e.Type, e.Hint, e.Err)
}

// Unwrap returns why the value could not be decoded.
func (e *UnreadableError) Unwrap() error { return e.Err }

// ReadBack decodes data, the encoded v, into a new value, and returns an
// [UnreadableError] if that fails. It decodes nothing if the type of v tells that
// it can be read: basic types, times, and what lists, maps and structs make of
// them.
func (c *Checker) ReadBack(v any, data []byte, unmarshal func([]byte, any) error) error {
	t := reflect.TypeOf(v)
	if t == nil {
		return nil
	}
	r := c.result(t)
	if r.readable {
		return nil
	}
	if _, err := readInto(t, data, unmarshal); err != nil {
		return &UnreadableError{Codec: c.rules.Name, Type: t, Hint: r.hint, Err: err}
	}
	return nil
}

// ReadBack does so for an encoding of which nothing but its name is known.
func ReadBack(name string, v any, data []byte, unmarshal func([]byte, any) error) error {
	t := reflect.TypeOf(v)
	if t == nil {
		return nil
	}
	if _, err := readInto(t, data, unmarshal); err != nil {
		return &UnreadableError{Codec: name, Type: t, Err: err}
	}
	return nil
}

// readInto decodes data into a new value of t, and returns it. A panic of a method
// of the application is an error, as the value could not be read.
func readInto(t reflect.Type, data []byte, unmarshal func([]byte, any) error) (back any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	into := reflect.New(t)
	err = unmarshal(data, into.Interface())
	return into.Elem().Interface(), err
}
