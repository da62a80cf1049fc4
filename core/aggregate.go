package core

import (
	"fmt"
	"maps"
	"slices"

	"github.com/jetsource/jetsource/core/internal/fold"
)

// Aggregate defines how state of type A is folded from events: a table of typed
// functions, one for each kind of event.
//
// A is any type. It starts as its zero value; it embeds nothing and implements
// nothing. If snapshots are taken, a codec must be able to see all of it.
//
// Loading an aggregate skips events of kinds that the table does not have, so that
// an older program can read the events of a newer one; it then decides without
// them. They count for the version all the same.
type Aggregate[A any] struct {
	kind   string
	schema int
	table  map[string]foldFunc[A]
	hash   string                      // of the table's kinds
	emits  map[string]func(Event) bool // the kinds that commands may emit, and their types
	copies map[string]func(fold.Source) (Event, error)
}

// DefineAggregate defines an aggregate of a kind from the handlers of its
// events. It is meant for package variables, and panics for a kind that no store
// takes and when two handlers take one kind of event.
func DefineAggregate[A any](kind string, handlers ...Handler[A]) *Aggregate[A] {
	fold.Aggregate.MustKind("aggregate kind", kind)
	g := &Aggregate[A]{kind: kind, table: make(map[string]foldFunc[A]), emits: make(map[string]func(Event) bool), copies: make(map[string]func(fold.Source) (Event, error))}
	for _, h := range handlers {
		fold.Add(fold.Aggregate, kind, g.table, h.folds)
		g.emits[h.kind], g.copies[h.kind] = h.typed, h.copied
	}
	g.hash = fold.Hash(g.EventKinds())
	return g
}

// WithSchema returns the aggregate with another number for the layout of its
// state. Snapshots of another number are not used, so it is to be raised when
// the meaning of a field of A changes. The default is 0. Other kinds of events in
// the table have the same effect by themselves.
func (g *Aggregate[A]) WithSchema(n int) *Aggregate[A] {
	c := *g
	c.schema = n
	return &c
}

// Kind returns the kind of the aggregate.
func (g *Aggregate[A]) Kind() string { return g.kind }

// EventKinds returns the kinds of the events that it handles, old ones included,
// in order.
func (g *Aggregate[A]) EventKinds() []string { return slices.Sorted(maps.Keys(g.table)) }

// Apply folds events into state. An event that the aggregate does not handle is
// [ErrUnknownEvent], and the events after it are not folded.
func (g *Aggregate[A]) Apply(state *A, events ...Event) error {
	for _, e := range events {
		if text := fold.Nil(e); text != "" {
			return g.unknown(text)
		}
		apply, ok := g.table[e.EventKind()]
		if !ok {
			return g.unknown(e.EventKind())
		}
		if err := apply(state, fold.Source{Value: e}); err != nil {
			return err
		}
	}
	return nil
}

// fold folds an event of a kind into state.
func (g *Aggregate[A]) fold(state *A, kind string, from fold.Source) error {
	return g.table[kind](state, from)
}

// copyOf returns a copy of an event that check accepts, made of what it is read from.
func (g *Aggregate[A]) copyOf(e Event, from fold.Source) (Event, error) {
	return g.copies[e.EventKind()](from)
}

// check returns [ErrUnknownEvent] for an event that a command must not emit: it
// could not be folded, or not be decoded as the type that it has.
func (g *Aggregate[A]) check(e Event) error {
	if text := fold.Nil(e); text != "" {
		return g.unknown(text)
	}
	typed, ok := g.emits[e.EventKind()]
	if !ok {
		return g.unknown(e.EventKind())
	}
	if !typed(e) {
		return g.unknown(fmt.Sprintf("%s as a %T", e.EventKind(), e))
	}
	return nil
}

func (g *Aggregate[A]) unknown(event string) error {
	return fmt.Errorf("aggregate %s: %w: %s", g.kind, ErrUnknownEvent, event)
}
