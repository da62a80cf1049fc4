package core

import (
	"reflect"

	"github.com/jetsource/jetsource/core/internal/fold"
)

// Handler folds one kind of event into an A. [On] makes one.
type Handler[A any] struct {
	reader *fold.Reader
	kind   string
	event  reflect.Type
	apply  applyFunc[A]
	typed  func(Event) bool // whether an event is of the handler's type
}

// applyFunc folds an event into a state. It takes a pointer to the event.
type applyFunc[A any] func(state *A, event any)

// On makes a handler of a function, or of a method expression:
//
//	core.On(func(a *Account, e FundsDeposited) { a.Balance += e.Amount })
//	core.On((*Account).deposited)
//
// Apply must be deterministic, and it cannot fail: the event has happened. If it
// panics, a load returns a [PanicError] inside a [DecodeError] of the event. What the
// event was before is told by its [History]. On panics for an event whose EventKind
// cannot be called on the zero value: for a pointer to an event.
func On[A any, E Event](apply func(*A, E)) Handler[A] {
	return Handler[A]{
		reader: fold.NewReader[E](fold.Aggregate),
		kind:   fold.KindOf[E](fold.Aggregate),
		event:  reflect.TypeFor[E](),
		apply:  func(a *A, event any) { apply(a, *event.(*E)) },
		typed:  func(e Event) bool { return fold.Is[E](e) },
	}
}
