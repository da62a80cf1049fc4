package core

import "github.com/jetsource/jetsource/core/internal/fold"

// Handler folds one kind of event into an A. [On] makes one.
type Handler[A any] struct {
	folds map[string]foldFunc[A]
	kind  string           // the newest
	typed func(Event) bool // whether an event is of the newest type

	copied func(fold.Source) (Event, error)
}

// foldFunc folds one event into a state.
type foldFunc[A any] func(state *A, from fold.Source) error

// On makes a handler of a function, or of a method expression:
//
//	core.On(func(a *Account, e FundsDeposited) { a.Balance += e.Amount })
//	core.On((*Account).deposited)
//
// Apply must be deterministic, and it cannot fail: the event has happened. If it
// panics, a load returns a [PanicError] inside a [DecodeError] of the event. Older
// kinds of the event are given by [Upcast]. On panics for an event whose
// EventKind cannot be called on the zero value: for a pointer to an event.
func On[A any, E Event](apply func(*A, E), older ...Upcaster[E]) Handler[A] {
	h := Handler[A]{
		folds: make(map[string]foldFunc[A]),
		kind:  fold.KindOf[E](fold.Aggregate),
		typed: func(e Event) bool { return fold.Is[E](e) },

		copied: func(from fold.Source) (Event, error) { return fold.As[E](from) },
	}
	for kind, read := range fold.Readers(fold.Aggregate, older) {
		h.folds[kind] = func(a *A, from fold.Source) error {
			e, err := read(from)
			if err == nil {
				apply(a, e)
			}
			return err
		}
	}
	return h
}

// Upcaster makes an E of older kinds of the event. [Upcast] makes one. It serves
// for aggregates, projections and reactors.
type Upcaster[E Event] = fold.Upcaster[E]

// Upcast says how an event of an old kind becomes one of the next. Chains read
// from the newest back:
//
//	core.On(apply, core.Upcast(v2to3, core.Upcast(v1to2)))
//
// An old event is decoded as its old type, and is never written again.
func Upcast[Old, E Event](upcast func(Old) E, older ...Upcaster[Old]) Upcaster[E] {
	return fold.Upcast(upcast, older...)
}
