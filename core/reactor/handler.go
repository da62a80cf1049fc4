package reactor

import (
	"context"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fold"
	"github.com/jetsource/jetsource/core/internal/handlers"
)

// Handler reacts to one kind of event, or of timer. [On], [Produce] and [Due] make one.
type Handler[ID, Pos comparable, M any] struct {
	handler handlers.Handler[reaction[ID, Pos, M], ID]
	timer   bool
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
// are recorded in one commit with the reactor's progress, and with the outputs of other
// events, so that each event has its outputs once, also after a crash. React may be called
// again for an event, after a conflict of an output or when another worker takes over, so it
// must have no other effects. It is called for the next event of an aggregate when the outputs
// of the one before are recorded. It returns at most one commit for each aggregate.
func Produce[E core.Event, ID, Pos comparable, M any](react func(context.Context, core.Recorded[E, ID, Pos, M]) ([]core.Commit[ID, Pos, M], error)) Handler[ID, Pos, M] {
	var typed reaction[ID, Pos, M] = func(ctx context.Context, envelope *core.Envelope[ID, Pos, M], event any) ([]core.Commit[ID, Pos, M], error) {
		return react(ctx, core.Recorded[E, ID, Pos, M]{Envelope: *envelope, Event: *event.(*E)})
	}
	return Handler[ID, Pos, M]{handler: handlers.On[E, ID](fold.Reactor, typed)}
}

// Due makes a handler of timers that were set with an E: see [SetTimer]. It is called when a
// timer is due, with the aggregate of the event that set it as Key and the time it was due at
// as Time; EventID is the timer's own. It answers with commits, none if there are none. They
// are recorded in one commit with the news that the timer has fired, so that it fires once in
// the store. It may set timers, and act on the world outside as [On] does, at least once.
func Due[E core.Event, ID, Pos comparable, M any](react func(context.Context, core.Recorded[E, ID, Pos, M]) ([]core.Commit[ID, Pos, M], error)) Handler[ID, Pos, M] {
	h := Produce(react)
	h.timer = true
	return h
}

// Of returns the handler restricted to the events of some aggregates.
func (h Handler[ID, Pos, M]) Of(keys ...core.Key[ID]) Handler[ID, Pos, M] {
	h.handler = h.handler.Of(keys)
	return h
}
