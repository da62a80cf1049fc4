package projection

import (
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fold"
	"github.com/jetsource/jetsource/core/internal/handlers"
)

// Handler folds one kind of event into a P. [On] makes one.
type Handler[P any, ID, Pos comparable, M any] struct {
	handler handlers.Handler[foldFunc[P, ID, Pos, M], ID]
}

// foldFunc folds one event into a state.
type foldFunc[P any, ID, Pos comparable, M any] func(*P, *core.Envelope[ID, Pos, M], fold.Source) error

// On makes a handler of a function, or of a method expression. Older kinds of the
// event are given by [core.Upcast]. Apply must be deterministic; it cannot fail. If it
// panics, that is an error of the event: see [core.PanicError].
func On[P any, E core.Event, ID, Pos comparable, M any](apply func(*P, core.Recorded[E, ID, Pos, M]), older ...core.Upcaster[E]) Handler[P, ID, Pos, M] {
	byKind := make(map[string]foldFunc[P, ID, Pos, M])
	for kind, read := range fold.Readers(fold.Projection, older) {
		byKind[kind] = func(p *P, envelope *core.Envelope[ID, Pos, M], from fold.Source) error {
			e, err := read(from)
			if err == nil {
				apply(p, core.Recorded[E, ID, Pos, M]{Envelope: *envelope, Event: e})
			}
			return err
		}
	}
	return Handler[P, ID, Pos, M]{handlers.Handler[foldFunc[P, ID, Pos, M], ID]{ByKind: byKind}}
}

// Of returns the handler restricted to the events of some aggregates.
func (h Handler[P, ID, Pos, M]) Of(keys ...core.Key[ID]) Handler[P, ID, Pos, M] {
	return Handler[P, ID, Pos, M]{h.handler.Of(keys)}
}
