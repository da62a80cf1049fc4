package core

import (
	"errors"
	"fmt"
)

// NameError reports a kind or an id that cannot be stored: empty, reserved or
// too long. It matches [ErrName].
type NameError struct {
	What string // which name: "event kind", "aggregate kind", "aggregate id"
	Name string
	Err  error // what is wrong with it
}

func (e *NameError) Error() string { return fmt.Sprintf("%s %.64q: %v", e.What, e.Name, e.Err) }

// Is makes every NameError match [ErrName].
func (e *NameError) Is(target error) bool { return target == ErrName }

// Unwrap returns what is wrong with the name.
func (e *NameError) Unwrap() error { return e.Err }

// EncodeError reports which event of a commit could not be encoded. Nothing was
// written.
type EncodeError struct {
	Index int    // among the events of the commit, from 0
	Kind  string // empty for an event that is nil
	Err   error
}

func (e *EncodeError) Error() string {
	if e.Kind == "" {
		return fmt.Sprintf("encode event %d: %v", e.Index, e.Err)
	}
	return fmt.Sprintf("encode event %d (%s): %v", e.Index, e.Kind, e.Err)
}

// Unwrap returns the reason.
func (e *EncodeError) Unwrap() error { return e.Err }

// MetadataError reports that the metadata of a commit could not be encoded.
// Nothing was written.
type MetadataError struct {
	Err error
}

func (e *MetadataError) Error() string { return fmt.Sprintf("encode metadata: %v", e.Err) }

// Unwrap returns the reason.
func (e *MetadataError) Unwrap() error { return e.Err }

// DecodeError reports which stored event could not be decoded, or made its handler
// panic: Err is then a [PanicError]. It matches [ErrMetadata] if it is the event's
// metadata that could not be decoded.
type DecodeError struct {
	Kind     string
	Key      string // of the aggregate, as text; empty where it goes without saying
	Position string // as text, whatever the store's position type
	Err      error
}

func (e *DecodeError) Error() string {
	verb := "decode"
	if _, ok := errors.AsType[*PanicError](e.Err); ok {
		verb = "handle"
	}
	if e.Key != "" {
		return fmt.Sprintf("%s event at %s (%s of %s): %v", verb, e.Position, e.Kind, e.Key, e.Err)
	}
	return fmt.Sprintf("%s event at %s (%s): %v", verb, e.Position, e.Kind, e.Err)
}

// Unwrap returns the reason.
func (e *DecodeError) Unwrap() error { return e.Err }
