// Package codec encodes events as bytes, and names as tokens of NATS subjects.
//
// A [Codec] writes and reads events. [JSON] and [MessagePack] are two of them:
//
//	data, err := codec.MessagePack.Marshal(FundsDeposited{Amount: 100})
//	if err != nil {
//		return err
//	}
//	recorded := codec.MessagePack.Name() // is stored beside data
//
//	c, err := codec.Set{}.ByName(recorded)
//	if err != nil {
//		return err
//	}
//	var event FundsDeposited
//	err = c.Unmarshal(data, &event)
//
// The name of the codec is recorded with each event. So a log may hold events of several codecs, and a [Set] finds the
// codec that wrote an event by that name.
//
// JSON and MessagePack refuse to write a value that they could not read back: a type with a field that the codec would
// lose is a [*HiddenFieldError], and a string that JSON would change is a [*TextError]. [CheckType] finds the former
// when a program starts.
//
// A type with a field of an interface type, or with methods for one direction only, can be written and not be read. So what
// was written is read back before anything is stored, unless the type tells that it can be read: basic types, times, and
// lists, maps and structs of them. What cannot is an [*UnreadableError]. Reading back costs about what a read costs. A value
// that contains itself is a [*CycleError].
//
// Times come back as the same instant, on every host in the same zone, which has no name: UTC, or in JSON the offset
// that the time had. A type that reads itself answers for the times in it that are not exported fields.
//
// By design a codec changes, or refuses, these. [EncodeState] and [Copier] refuse what it changes: the state of an aggregate
// must come back from a snapshot, or out of a cache, as it is.
//
//	value                             JSON                 MessagePack
//	nil list or map                   stays nil            stays nil
//	empty list or map                 stays empty          stays empty
//	empty list or map, omitempty      nil                  nil
//	nil list or map in any            nil                  nil
//	pointer to nil                    nil                  nil
//	one pointer in two places         two pointers         two pointers
//	integer in any                    float64              int64 or uint64
//	integer over 2^53 in any          float64, rounded     int64 or uint64
//	float32 in any                    float64              float64
//	[]byte in any                     string, base64       string
//	struct in any                     map[string]any       map[string]any
//	integer keys of a map in any      string keys          refused
//	time in any                       string               time.Time in UTC
//	time in a named zone              its offset, no name  UTC
//	time in an offset                 the offset           UTC
//	time alone in a struct, embedded  the offset           the offset
//	offset with seconds               refused              UTC
//	monotonic clock of a time         dropped              dropped
//	year after 9999                   refused              kept
//	-0                                -0                   -0
//	NaN, infinite                     refused              kept
//	string that is not UTF-8          refused              kept
//	field tagged "-"                  zero                 zero
//
// [EncodeToken] encodes any name as one token of a subject, or as one part of a key in a key-value bucket. [IDs] does so
// for identifiers of any type that has a text.
package codec

import "fmt"

// Codec encodes values as bytes and decodes them. Stores call it from several goroutines at once.
type Codec interface {
	// Name returns what is recorded with every event to find the codec again: a media type, such as "application/json".
	// It must never change, or events that were recorded under the old name cannot be read any more.
	Name() string

	// Marshal returns the bytes of v, which belong to the caller. It returns an error for a value that Unmarshal could not
	// restore: an event is written once and read for as long as the log exists.
	Marshal(v any) ([]byte, error)

	// Unmarshal decodes the bytes of one value into v, a non-nil pointer. Bytes that follow the value are an error. It
	// does not keep a reference to data.
	Unmarshal(data []byte, v any) error
}

// Set is the codecs that a log can be read with: its own ones, then [JSON] and [MessagePack], which every Set has. The
// nil Set has only these two. Of codecs with the same name the first is used, so a Set may replace them.
type Set []Codec

// ByName returns the codec that events were recorded with, or an [*UnknownError].
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

// UnknownError reports that an event was recorded with a codec that is not in the [Set].
type UnknownError struct {
	Name string // as recorded
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("unknown codec %q", e.Name)
}
