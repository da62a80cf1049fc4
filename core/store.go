package core

import (
	"context"
	"fmt"
	"iter"
	"reflect"

	"github.com/jetsource/jetsource/core/internal/fold"
)

// EventStore is what the library asks of a database.
//
// ID identifies an aggregate among those of its kind, Pos is the place of an
// event in the store, M is metadata recorded beside each event. Package
// storetest checks an implementation against this contract. All methods are
// safe for concurrent use, and none of them outlasts its context.
//
// Pos may be struct{}, for a store that keeps no order that a caller could
// name. The only versions are then "no events" and "some events", and a filter
// can have no After and no From.
type EventStore[ID, Pos comparable, M any] interface {
	// DecodeEvent decodes stored, which came from this store, into event, a
	// pointer to an event struct. Callers use [Decode], which says which event
	// an error is about.
	DecodeEvent(stored StoredEvent[ID, Pos, M], event any) error

	// EncodeEvent returns an event as Commit would store it: its Kind, its Codec and its
	// Data, for DecodeEvent to read back. The error is what an [EncodeError] wraps.
	EncodeEvent(event Event) (StoredEvent[ID, Pos, M], error)

	// Version returns the version of the aggregate; zero if it has no events.
	Version(ctx context.Context, key Key[ID]) (Version[Pos], error)

	// Commit records commits to different aggregates, all or none, and returns an
	// answer for each. Everything is encoded before anything is written. An error
	// that is about one of the commits is a [CommitError] that wraps: a
	// [ConflictError] if the aggregate is not at the expected version, an
	// [EncodeError] for an event, [ErrNoEvents] if nothing is to be recorded, a [NameError], or
	// [ErrSameAggregate]; a conflict of several commits is reported of one. After
	// any of these nothing was written. A store that takes one commit at a time
	// returns [ErrNotAtomic] for more. A commit that is a guard records nothing: see
	// [Commit.IsGuard]. What [OriginOf] says of ctx is recorded beside each event; an id
	// in it that the store cannot record is a [NameError].
	Commit(ctx context.Context, commits ...Commit[ID, Pos, M]) ([]Committed[ID, Pos, M], error)

	// LoadEvents yields the events that match any of the filters, each once, in
	// order of position, up to the end of the store as it was when the loop
	// began. Of a commit to one aggregate it sees all events or none. The first
	// error is the last thing yielded. Without filters there are no events.
	//
	// Metadata that cannot be decoded into M is no error of the loop: the event comes
	// with its MetadataErr set, and the loop goes on.
	LoadEvents(ctx context.Context, filters ...Filter[ID, Pos]) iter.Seq2[StoredEvent[ID, Pos, M], error]
}

// Filter selects events. Every field that is set must match; the zero Filter
// selects all events.
type Filter[ID, Pos comparable] struct {
	// EventKind selects the events of one kind; empty, of every kind.
	EventKind string
	// Aggregate selects the events of one aggregate; nil, of every aggregate.
	Aggregate *Key[ID]
	// After selects the events after a position, itself excluded.
	After Version[Pos]
	// From selects the events from a position on, itself included.
	From Version[Pos]
}

// Decode decodes a stored event into the E that it is today, whatever it was recorded
// as: see [History]. An event that is no E, or not exactly one E because a [Split] made
// several or none of it, is an error; [DecodeAll] takes the latter. Errors are a
// [DecodeError]; that of an event that is no E matches [ErrUnknownEvent]. So that it is not overlooked, metadata that could not be decoded is
// one, too, which matches [ErrMetadata]. A caller that does not need the metadata sets
// stored.MetadataErr to nil first.
func Decode[E Event, ID, Pos comparable, M any](store EventStore[ID, Pos, M], stored StoredEvent[ID, Pos, M]) (event E, err error) {
	n := 0
	err = decodeEach(store, stored, func(e E, _ int) {
		event = e
		n++
	})
	if err == nil && n != 1 {
		err = decodeError(stored, fmt.Errorf("it is %d events of type %T today", n, event))
	}
	return event, err
}

// DecodeAll is [Decode] of an event that may be several of the type, or none, after a
// [Split]. What it returns differs in the Part of its [CommitInfo].
func DecodeAll[E Event, ID, Pos comparable, M any](store EventStore[ID, Pos, M], stored StoredEvent[ID, Pos, M]) (events []Recorded[E, ID, Pos, M], err error) {
	err = decodeEach(store, stored, func(e E, part int) {
		recorded := Recorded[E, ID, Pos, M]{Envelope: stored.Envelope, Event: e}
		recorded.Commit.Part = part
		events = append(events, recorded)
	})
	return events, err
}

// decodeEach calls each with every E that a stored event is, and its number. A panic of a step of the
// history, or of the codec, is a [PanicError].
func decodeEach[E Event, ID, Pos comparable, M any](store EventStore[ID, Pos, M], stored StoredEvent[ID, Pos, M], each func(e E, part int)) error {
	if stored.MetadataErr != nil {
		return decodeError(stored, fmt.Errorf("%w: %w", ErrMetadata, stored.MetadataErr))
	}
	reader, err := fold.ReaderOf[E]()
	if err == nil && !reader.Knows(stored.Kind) {
		err = &otherEventError{reflect.TypeFor[E]()}
	}
	if err == nil {
		from := fold.Source{Decode: func(event any) error { return store.DecodeEvent(stored, event) }}
		err = readParts(reader, stored.Kind, from, func(p fold.Part) error {
			if e, ok := p.Event.(*E); ok {
				each(*e, p.Number)
			}
			return nil
		})
	}
	if err != nil {
		return decodeError(stored, err)
	}
	return nil
}

// readParts is Read of a reader. A panic of a step or of the codec is a [PanicError].
func readParts(r *fold.Reader, kind string, from fold.Source, each func(fold.Part) error) (err error) {
	defer recoverPanic(&err)
	return r.Read(kind, from, each)
}

func decodeError[ID, Pos comparable, M any](stored StoredEvent[ID, Pos, M], err error) error {
	return &DecodeError{Kind: stored.Kind, Position: fmt.Sprint(stored.Position), Err: err}
}

// otherEventError reports an event of a kind that is not that of a type, nor was. It
// matches [ErrUnknownEvent].
type otherEventError struct{ event reflect.Type }

func (e *otherEventError) Error() string {
	return fmt.Sprintf("it is no %v, and no EventHistory says that it was one", e.event)
}

func (e *otherEventError) Is(target error) bool { return target == ErrUnknownEvent }
