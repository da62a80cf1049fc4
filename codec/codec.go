// Package codec turns events into bytes, and names into subject tokens.
//
// A [Codec] writes and reads events. Its name is recorded with each event, so that a log may hold events of several
// codecs and every one of them is read by the codec that wrote it: a [Set] finds it by that name.
//
// [JSON] and [MessagePack] refuse to write a value that they could not give back: a type with a field that the codec
// does not see is a [*HiddenFieldError] of Marshal, instead of an event that has lost a part for ever, and a string that
// JSON cannot carry is a [*TextError].
//
// [EncodeToken] makes one token of a NATS subject, or one part of a key in a key-value bucket, out of any name.
package codec

import "fmt"

// Codec turns values into bytes and back. Stores call it from several goroutines at once.
type Codec interface {
	// Name is recorded with every event and finds the codec again: a media type, such as "application/json". It must
	// never change, or what was written under the old name is not readable any more.
	Name() string

	// Marshal gives the bytes of v. It reports what it cannot write so that Unmarshal restores it: an event is
	// written once and read for as long as the log exists. The bytes belong to the caller.
	Marshal(v any) ([]byte, error)

	// Unmarshal fills v, a non-nil pointer, from the bytes of one value. It refuses bytes that go on after it, and
	// keeps nothing of data.
	Unmarshal(data []byte, v any) error
}

// Set is what a log can be read with: its own codecs, then [JSON] and [MessagePack], which are in every Set. The nil
// Set holds just these two. The first codec of a name is taken, so that a Set may replace them.
type Set []Codec

// ByName gives the codec that events were recorded with, or an [*UnknownError].
func (s Set) ByName(name string) (Codec, error) {
	for _, c := range s {
		if c.Name() == name {
			return c, nil
		}
	}
	switch name {
	case JSON.Name():
		return JSON, nil
	case MessagePack.Name():
		return MessagePack, nil
	}
	return nil, &UnknownError{Name: name}
}

// UnknownError tells that an event was recorded with a codec that the [Set] does not hold.
type UnknownError struct {
	Name string // as recorded
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("unknown codec %q", e.Name)
}
