package core

import (
	"fmt"
	"time"
)

// Event is a fact that happened: a plain struct that names its own kind.
//
// EventKind must not depend on the value, because the library calls it on the
// zero value. A kind is stored with every event, so it must stay the same when
// the Go type is renamed. By convention it reads "aggregate.happened". It is
// never empty and never begins with an underscore: see [CheckKind]. An event that
// was of another kind, or had another payload, tells so: see [History].
type Event interface {
	EventKind() string
}

// Key names one aggregate: its kind, and its identifier among those of that
// kind.
//
// A store says which ID types it takes. Every store of this module takes
// string-like types, and types that marshal to and from text.
type Key[ID comparable] struct {
	Kind string
	ID   ID
}

// String returns "kind id", as error messages name an aggregate.
func (k Key[ID]) String() string { return fmt.Sprintf("%s %v", k.Kind, k.ID) }

// NoMetadata is the metadata of applications that record none.
type NoMetadata = struct{}

// Envelope is what a store records about an event, beside the event itself.
type Envelope[ID, Pos comparable, M any] struct {
	// Key names the aggregate that the event belongs to.
	Key Key[ID]
	// Kind is the event's kind, as it was when the event was recorded: an old one, if
	// the event has a [History].
	Kind string
	// Position is the place of the event in its store.
	Position Pos
	// Time is when the store recorded the event, by the store's clock, in UTC.
	// It orders nothing: clocks step back, positions do not.
	Time time.Time
	// Metadata is what the commit recorded beside each of its events.
	Metadata M
	// MetadataErr is why the recorded metadata could not be decoded into Metadata,
	// which is then the zero M: its type has changed since. It is nil otherwise. The
	// rest of the event is as it was recorded. A loop over stored events that uses
	// Metadata looks at it; [Decode], and projections and reactors before they call a
	// handler, return it in a [DecodeError]. Aggregates are made of events alone.
	//
	// A type of metadata that has changed tells what it was before, and what becomes of
	// what cannot be read: see [MetadataHistory].
	MetadataErr error
	// Commit is the event's place in the commit that recorded it.
	Commit CommitInfo
	// CommandID is the id of the command that led to the event; empty if the
	// command had none.
	CommandID string
	// Fingerprint is what the commit had beside CommandID: see [Commit.Fingerprint].
	Fingerprint string
	// Origin is what the commit came from.
	Origin Origin
}

// EventID returns an identifier of the event that no other event of its store
// has: its commit's id and its number in that commit. An event whose commit is
// not known, because another program wrote it, is identified by its position. Of the
// events that a recorded one became by a [Split] each has an identifier of its own.
func (e Envelope[ID, Pos, M]) EventID() string { return eventID(e.Commit, e.Position) }

func eventID[Pos comparable](commit CommitInfo, position Pos) string {
	part := ""
	if commit.Part > 0 {
		part = fmt.Sprintf(".%d", commit.Part)
	}
	if commit.ID == "" {
		return fmt.Sprintf("@%v%s", position, part)
	}
	return fmt.Sprintf("%s/%d%s", commit.ID, commit.Offset+commit.Index, part)
}

// CommitInfo is the place of an event in the commit that recorded it.
//
// A commit over several aggregates has one id and a part for each aggregate;
// Index and Count are those of the event in its aggregate's part.
type CommitInfo struct {
	// ID identifies the commit. It is empty for an event that another program
	// wrote; the other fields are then zero as well.
	ID string
	// Index counts the events of the part, from 0.
	Index int
	// Count is the number of events in the part.
	Count int
	// Offset is the number of events in the parts before; a system entry and a guard
	// count for one.
	Offset int
	// Part is 0, or, of a recorded event that is several today, counts these from 1:
	// see [Split]. A store leaves it 0.
	Part int
}

// StoredEvent is an event as a store holds it, not yet decoded.
type StoredEvent[ID, Pos comparable, M any] struct {
	Envelope[ID, Pos, M]

	// Codec names how Data is encoded.
	Codec string
	// Data is the encoded event. It belongs to the event and is not reused.
	Data []byte
}

// Recorded is a decoded event together with what was recorded about it.
// Applications usually declare an alias of their own once:
//
//	type Recorded[E core.Event] = core.Recorded[E, string, uint64, Meta]
type Recorded[E Event, ID, Pos comparable, M any] struct {
	Envelope[ID, Pos, M]

	// Event is the event itself.
	Event E
}
