package core

import "fmt"

// Handler folds one kind of event into an A. [On] makes one.
type Handler[A any] struct {
	folds map[string]fold[A]
	kind  string           // the newest
	typed func(Event) bool // whether an event is of the newest type
}

// fold folds one event into a state.
type fold[A any] func(state *A, from source) error

// source is an event to be had: a value, or else what decodes into a pointer.
type source struct {
	value  Event
	decode func(event any) error
}

// take returns the event that source has as an E.
func take[E Event](from source) (E, error) {
	var e E
	switch v := any(from.value).(type) {
	case nil:
		err := from.decode(&e)
		return e, err
	case E:
		return v, nil
	case *E:
		return *v, nil
	}
	return e, fmt.Errorf("event %s is a %T, not a %T", e.EventKind(), from.value, e)
}

// On makes a handler of a function, or of a method expression:
//
//	core.On(func(a *Account, e FundsDeposited) { a.Balance += e.Amount })
//	core.On((*Account).deposited)
//
// Apply must be deterministic, and it cannot fail: the event has happened. Older
// kinds of the event are given by [Upcast].
func On[A any, E Event](apply func(*A, E), older ...Upcaster[E]) Handler[A] {
	var newest E
	h := Handler[A]{folds: make(map[string]fold[A]), kind: newest.EventKind(), typed: typed[E]}
	for kind, read := range readers(older) {
		h.folds[kind] = func(a *A, from source) error {
			e, err := read(from)
			if err == nil {
				apply(a, e)
			}
			return err
		}
	}
	return h
}

func typed[E Event](e Event) bool {
	switch any(e).(type) {
	case E, *E:
		return true
	}
	return false
}

// Upcaster makes an E of older kinds of the event. [Upcast] makes one.
type Upcaster[E Event] struct {
	readers map[string]reader[E]
}

// reader makes an E of an event of one kind.
type reader[E Event] func(source) (E, error)

// Upcast says how an event of an old kind becomes one of the next. Chains read
// from the newest back:
//
//	core.On(apply, core.Upcast(v2to3, core.Upcast(v1to2)))
//
// An old event is decoded as its old type, and is never written again.
func Upcast[Old, E Event](upcast func(Old) E, older ...Upcaster[Old]) Upcaster[E] {
	u := Upcaster[E]{readers: make(map[string]reader[E])}
	for kind, read := range readers(older) {
		u.readers[kind] = func(from source) (E, error) {
			old, err := read(from)
			if err != nil {
				var none E
				return none, err
			}
			return upcast(old), nil
		}
	}
	return u
}

// readers returns how an E is read from its own kind and from older ones.
func readers[E Event](older []Upcaster[E]) map[string]reader[E] {
	var zero E
	rs := map[string]reader[E]{zero.EventKind(): take[E]}
	for _, u := range older {
		addAll("upcast to "+zero.EventKind(), rs, u.readers)
	}
	return rs
}
