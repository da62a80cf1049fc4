package core

import (
	"context"
	"fmt"
)

// Reactor defines what follows from events: a table of typed functions that act,
// one for each kind of event. A [Worker] runs it.
type Reactor[ID, Pos comparable, M any] struct {
	name  string
	table table[reaction[ID, Pos, M], ID, Pos]
}

// DefineReactor defines a reactor from the handlers of its events. The name is
// that of its progress in the store: a reactor of another name begins with the
// first event. It panics when two handlers take the same events.
func DefineReactor[ID, Pos comparable, M any](name string, handlers ...ReactorHandler[ID, Pos, M]) *Reactor[ID, Pos, M] {
	mustKind("reactor name", name)
	all := make([]scoped[reaction[ID, Pos, M], ID], len(handlers))
	for i, h := range handlers {
		all[i] = h.scoped
	}
	return &Reactor[ID, Pos, M]{name: name, table: newTable[reaction[ID, Pos, M], ID, Pos](name, all)}
}

// Of returns the reactor under another name and restricted to the events of some
// aggregates, save for handlers that name aggregates of their own.
func (r *Reactor[ID, Pos, M]) Of(name string, keys ...Key[ID]) *Reactor[ID, Pos, M] {
	mustKind("reactor name", name)
	return &Reactor[ID, Pos, M]{name: name, table: r.table.of(name, keys)}
}

// Name returns the name of the reactor.
func (r *Reactor[ID, Pos, M]) Name() string { return r.name }

// ReactorHandler reacts to one kind of event. [React] and [Produce] make one.
type ReactorHandler[ID, Pos comparable, M any] struct {
	scoped[reaction[ID, Pos, M], ID]
}

// reaction reacts to one event, and returns what is to be committed with the
// progress.
type reaction[ID, Pos comparable, M any] func(context.Context, *Envelope[ID, Pos, M], source) ([]Commit[ID, Pos, M], error)

// React makes a handler that acts on the world outside. An event may be
// delivered again after a crash, so react must be idempotent: the name of the
// reactor with [Envelope.EventID] tells a repetition. An error is tried again,
// unless [Fatal] marks it.
func React[E Event, ID, Pos comparable, M any](react func(context.Context, Recorded[E, ID, Pos, M]) error, older ...Upcaster[E]) ReactorHandler[ID, Pos, M] {
	return Produce(func(ctx context.Context, e Recorded[E, ID, Pos, M]) ([]Commit[ID, Pos, M], error) {
		return nil, react(ctx, e)
	}, older...)
}

// Produce makes a handler that answers with commits. They are recorded in one
// commit with the reactor's progress, so that each event has its outputs once,
// whatever crashes. React may be called again for an event, when an output was
// in conflict or the worker was not fast enough, so it must have no other
// effects. There may be one commit to an aggregate.
func Produce[E Event, ID, Pos comparable, M any](react func(context.Context, Recorded[E, ID, Pos, M]) ([]Commit[ID, Pos, M], error), older ...Upcaster[E]) ReactorHandler[ID, Pos, M] {
	var h ReactorHandler[ID, Pos, M]
	h.folds = make(map[string]reaction[ID, Pos, M])
	for kind, read := range readers(older) {
		h.folds[kind] = func(ctx context.Context, envelope *Envelope[ID, Pos, M], from source) ([]Commit[ID, Pos, M], error) {
			e, err := read(from)
			if err != nil {
				return nil, Fatal(&DecodeError{Kind: envelope.Kind, Key: envelope.Key.String(), Position: fmt.Sprint(envelope.Position), Err: err})
			}
			return react(ctx, Recorded[E, ID, Pos, M]{Envelope: *envelope, Event: e})
		}
	}
	return h
}

// Of returns the handler restricted to the events of some aggregates.
func (h ReactorHandler[ID, Pos, M]) Of(keys ...Key[ID]) ReactorHandler[ID, Pos, M] {
	h.only = append([]Key[ID]{}, keys...)
	return h
}

// Fatal marks an error of a reaction that trying again cannot cure. It returns
// nil for nil.
func Fatal(err error) error {
	if err == nil {
		return nil
	}
	return &fatalError{err}
}

type fatalError struct{ err error }

func (e *fatalError) Error() string { return e.err.Error() }
func (e *fatalError) Unwrap() error { return e.err }

// ReactionError reports an event that a reactor has given up.
type ReactionError struct {
	Reactor  string
	Kind     string // of the event
	Key      string // of its aggregate, as text
	Position string // as text
	Attempts int
	Err      error // of the last attempt
}

func (e *ReactionError) Error() string {
	return fmt.Sprintf("reactor %s: event at %s (%s of %s), attempt %d: %v", e.Reactor, e.Position, e.Kind, e.Key, e.Attempts, e.Err)
}

// Unwrap returns the error of the last attempt.
func (e *ReactionError) Unwrap() error { return e.Err }

// Lease lets one of several holders of a name be active at a time, as well as
// clocks and networks allow. What must not happen twice needs a fence beside it;
// a [Worker] has one.
type Lease interface {
	// Hold waits until the lease of name is to be had, and calls fn with a context
	// that ends when the lease is lost or ctx ends. It returns what fn returns,
	// after it has given the lease back; or the cause of ctx, if that ends first.
	Hold(ctx context.Context, name string, fn func(context.Context) error) error
}
