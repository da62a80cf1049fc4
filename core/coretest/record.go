package coretest

import (
	"fmt"
	"reflect"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fold"
	"github.com/jetsource/jetsource/core/typecheck"
)

// recorded is an event as a store keeps it.
type recorded struct {
	event core.Event
	data  []byte // as JSON
}

// record encodes events. What a store refuses is the same error here: an event that is
// nil, or that would not come back as it is.
func record(aggregateKind string, events []core.Event) ([]recorded, error) {
	all := make([]recorded, len(events))
	if len(events) == 0 {
		return all, nil
	}
	commit := core.Commit[string, uint64, core.NoMetadata]{Key: core.Key[string]{Kind: aggregateKind}, Events: events}
	if err := commit.Validate(); err != nil {
		return nil, err
	}
	for i, e := range events {
		data, err := typecheck.EncodeJSON(e)
		if err != nil {
			return nil, &core.EncodeError{Index: i, Kind: e.EventKind(), Err: err}
		}
		all[i] = recorded{e, data}
	}
	return all, nil
}

// decode decodes the event into a pointer. Its type must be the one that it has, unless
// it is a [Raw].
func (r recorded) decode(kind string, event any) error {
	given, want := content(r.event).Type(), reflect.TypeOf(event).Elem()
	if given == reflect.TypeFor[Raw]() {
		return typecheck.DecodeJSON(r.data, event)
	}
	if want.Kind() == reflect.Pointer { // of an event that only a pointer is
		want = want.Elem()
	}
	if given != want {
		return fmt.Errorf("event %s is a %v, not a %v", kind, given, want)
	}
	return typecheck.DecodeJSON(r.data, event)
}

// read returns the events that a recorded one is today.
func (r recorded) read(reader *core.EventReader) (events []core.Event, err error) {
	kind := r.event.EventKind()
	from := fold.Source{Decode: func(event any) error { return r.decode(kind, event) }}
	err = reader.Read(kind, from, func(p fold.Part) error {
		events = append(events, fold.Value(p.Event))
		return nil
	})
	return events, err
}
