package sealed

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
)

// Export is all that the log holds about a subject, to be written as JSON.
type Export struct {
	Subject string `json:"subject"`
	// Forgotten says that the subject was forgotten: there is no sealed value then.
	Forgotten bool `json:"forgotten"`
	// ClearText is how many events have values of the subject that are not sealed, as far as
	// their types are known here, or were to the program that forgot it. See [ClearTextError].
	ClearText int `json:"clear_text,omitempty"`
	// Requested says that the subject is to be forgotten, and is not yet: there may be none
	// already.
	Requested bool            `json:"requested,omitempty"`
	Events    []ExportedEvent `json:"events"`
}

// ExportedEvent is an event with values of a subject, or of the aggregate whose id is the
// subject.
type ExportedEvent struct {
	Position  string    `json:"position"`
	Time      time.Time `json:"time"`
	Aggregate string    `json:"aggregate"` // its kind
	ID        string    `json:"id"`
	Kind      string    `json:"kind"`
	// ClearText says that it has values of the subject that are not sealed.
	ClearText bool `json:"clear_text,omitempty"`
	// Event has the names of the encoded form. Sealed values of other subjects are null, and so
	// are those of one that was forgotten.
	Event json.RawMessage `json:"event"`
}

// Export returns all that is held about a subject: the events with its values, opened, and
// all events of the aggregates whose id is the subject. States, snapshots and read models
// are made of these. It needs no Go types for that, and reads the whole log. Of aggregates that
// have a repository it also returns the events with values of the subject in clear text.
func (f *Forgetter[ID, Pos, M]) Export(ctx context.Context, subject string) (Export, error) {
	export := Export{Subject: subject, Events: []ExportedEvent{}}
	err := f.export(ctx, &export)
	if err != nil {
		err = fmt.Errorf("export subject %.64q: %w", subject, err)
	}
	return export, err
}

func (f *Forgetter[ID, Pos, M]) export(ctx context.Context, export *Export) error {
	own, err := f.key(export.Subject)
	if err != nil {
		return err
	}
	last, _, err := f.last(ctx, own)
	if err != nil {
		return err
	}
	export.Forgotten, export.Requested = last == forgottenKind, last == requestedKind
	done, err := f.forgotten(ctx, own)
	if err != nil {
		return err
	}
	for e, err := range f.store.LoadEvents(ctx, core.Filter[ID, Pos]{}) {
		if err != nil {
			return err
		}
		event, ok, err := f.exportEvent(e, export.Subject, e.Key.ID == own.ID)
		if err != nil {
			return &core.DecodeError{Kind: e.Kind, Position: fmt.Sprint(e.Position), Err: err}
		}
		if ok {
			export.Events = append(export.Events, event)
		}
		if event.ClearText {
			export.ClearText++
		}
	}
	export.ClearText = max(export.ClearText, done.ClearText)
	return nil
}

// exportEvent returns an event as it is exported; false if it is not about the subject.
func (f *Forgetter[ID, Pos, M]) exportEvent(e core.StoredEvent[ID, Pos, M], subject string, own bool) (exported ExportedEvent, ok bool, err error) {
	isSealed, isClear, err := f.about(e, subject)
	if err != nil || !own && !isSealed && !isClear {
		return exported, false, err
	}
	var content any
	if _, sealed := InnerName(e.Codec); sealed {
		content, _, err = f.codec.OpenUntyped(e.Codec, e.Kind, e.Data, subject)
	} else {
		content, err = codec.Untyped(e.Codec, e.Data)
	}
	if err != nil {
		return exported, false, err
	}
	exported = ExportedEvent{
		Position: fmt.Sprint(e.Position), Time: e.Time, Aggregate: e.Key.Kind, Kind: e.Kind, ClearText: isClear,
	}
	if exported.ID, err = f.text(e.Key.ID); err == nil {
		exported.Event, err = json.Marshal(content)
	}
	return exported, err == nil, err
}
