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

// foldFunc folds one event into a state. It takes a pointer to the event.
type foldFunc[P any, ID, Pos comparable, M any] func(state *P, envelope *core.Envelope[ID, Pos, M], event any)

// On makes a handler of a function, or of a method expression. What the event was
// before is told by its [core.History]. Apply must be deterministic; it cannot fail. If
// it panics, that is an error of the event: see [core.PanicError].
func On[P any, E core.Event, ID, Pos comparable, M any](apply func(*P, core.Recorded[E, ID, Pos, M])) Handler[P, ID, Pos, M] {
	var typed foldFunc[P, ID, Pos, M] = func(p *P, envelope *core.Envelope[ID, Pos, M], event any) {
		apply(p, core.Recorded[E, ID, Pos, M]{Envelope: *envelope, Event: *event.(*E)})
	}
	return Handler[P, ID, Pos, M]{handlers.On[E, ID](fold.Projection, typed)}
}

// Of returns the handler restricted to the events of some aggregates.
func (h Handler[P, ID, Pos, M]) Of(keys ...core.Key[ID]) Handler[P, ID, Pos, M] {
	return Handler[P, ID, Pos, M]{h.handler.Of(keys)}
}
