package reactor

import (
	"context"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fold"
	"github.com/jetsource/jetsource/core/internal/handlers"
)

// Handler reacts to one kind of event. [On] and [Produce] make one.
type Handler[ID, Pos comparable, M any] struct {
	handler handlers.Handler[reaction[ID, Pos, M], ID]
}

// reaction reacts to one event, of which it takes a pointer, and returns the commits to
// record together with the progress.
type reaction[ID, Pos comparable, M any] func(ctx context.Context, envelope *core.Envelope[ID, Pos, M], event any) ([]core.Commit[ID, Pos, M], error)

// On makes a handler that acts on the world outside. An event may be delivered
// again after a crash, so react must be idempotent: the reactor's name together
// with [core.Envelope.EventID] identifies a repetition. After an error react is
// called again, unless [Permanent] marks the error; a panic is such an error, too, a
// [core.PanicError]. What the event was before is told by its [core.History].
func On[E core.Event, ID, Pos comparable, M any](react func(context.Context, core.Recorded[E, ID, Pos, M]) error) Handler[ID, Pos, M] {
	return Produce(func(ctx context.Context, e core.Recorded[E, ID, Pos, M]) ([]core.Commit[ID, Pos, M], error) {
		return nil, react(ctx, e)
	})
}

// Produce makes a handler that answers with commits, the outputs of the event. They
// are recorded in one commit with the reactor's progress, so that each event has
// its outputs once, also after a crash. React may be called again for an event,
// after a conflict of an output or when another worker takes over, so it must have
// no other effects. It returns at most one commit for each aggregate. Outputs, and what a
// handler commits with its context, are caused by the event: see [core.CausedBy].
func Produce[E core.Event, ID, Pos comparable, M any](react func(context.Context, core.Recorded[E, ID, Pos, M]) ([]core.Commit[ID, Pos, M], error)) Handler[ID, Pos, M] {
	var typed reaction[ID, Pos, M] = func(ctx context.Context, envelope *core.Envelope[ID, Pos, M], event any) ([]core.Commit[ID, Pos, M], error) {
		return react(ctx, core.Recorded[E, ID, Pos, M]{Envelope: *envelope, Event: *event.(*E)})
	}
	return Handler[ID, Pos, M]{handlers.On[E, ID](fold.Reactor, typed)}
}

// Of returns the handler restricted to the events of some aggregates.
func (h Handler[ID, Pos, M]) Of(keys ...core.Key[ID]) Handler[ID, Pos, M] {
	return Handler[ID, Pos, M]{h.handler.Of(keys)}
}
