package projection

import (
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fold"
	"github.com/jetsource/jetsource/core/internal/handlers"
)

// Handler folds one kind of event into a P. [On] makes one.
type Handler[P any, ID, Pos comparable, M any] struct {
	handler handlers.Handler[foldFunc[P, ID, Pos, M], ID]
}

// foldFunc folds one event into a state. It takes a pointer to the event.
type foldFunc[P any, ID, Pos comparable, M any] func(state *P, envelope *core.Envelope[ID, Pos, M], event any) error

// On makes a handler of a function, or of a method expression. What the event was
// before is told by its [core.History]. Apply must be deterministic; it cannot fail. If
// it panics, that is an error of the event: see [core.PanicError].
func On[P any, E core.Event, ID, Pos comparable, M any](apply func(*P, core.Recorded[E, ID, Pos, M])) Handler[P, ID, Pos, M] {
	var typed foldFunc[P, ID, Pos, M] = func(p *P, envelope *core.Envelope[ID, Pos, M], event any) error {
		apply(p, core.Recorded[E, ID, Pos, M]{Envelope: *envelope, Event: *event.(*E)})
		return nil
	}
	return Handler[P, ID, Pos, M]{handlers.On[E, ID](fold.Projection, typed)}
}

// OnWithIDs is [On] for events of aggregates whose identifiers are of a type of their
// own, as those of core.NewRepositoryWithIDs are: the keys of events have them. Parse
// is the inverse of the function that the repository has. Its error is one of the event.
func OnWithIDs[P any, E core.Event, ID, Raw, Pos comparable, M any](parse func(Raw) (ID, error), apply func(*P, core.Recorded[E, ID, Pos, M])) Handler[P, Raw, Pos, M] {
	var typed foldFunc[P, Raw, Pos, M] = func(p *P, e *core.Envelope[Raw, Pos, M], event any) error {
		id, err := parse(e.Key.ID)
		if err != nil {
			return fmt.Errorf("id %v: %w", e.Key.ID, err)
		}
		apply(p, core.Recorded[E, ID, Pos, M]{Envelope: withID(e, id), Event: *event.(*E)})
		return nil
	}
	return Handler[P, Raw, Pos, M]{handlers.On[E, Raw](fold.Projection, typed)}
}

// withID returns an envelope whose key has another identifier.
func withID[ID, Raw, Pos comparable, M any](e *core.Envelope[Raw, Pos, M], id ID) core.Envelope[ID, Pos, M] {
	return core.Envelope[ID, Pos, M]{
		Key: core.Key[ID]{Kind: e.Key.Kind, ID: id}, Kind: e.Kind, Position: e.Position, Time: e.Time,
		Metadata: e.Metadata, MetadataErr: e.MetadataErr, Commit: e.Commit, CommandID: e.CommandID, Fingerprint: e.Fingerprint, Origin: e.Origin,
	}
}

// Of returns the handler restricted to the events of some aggregates.
func (h Handler[P, ID, Pos, M]) Of(keys ...core.Key[ID]) Handler[P, ID, Pos, M] {
	return Handler[P, ID, Pos, M]{h.handler.Of(keys)}
}
