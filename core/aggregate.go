package core

import (
	"maps"
	"reflect"
	"slices"

	"github.com/jetsource/jetsource/core/internal/fold"
)

// Aggregate defines how state of type A is folded from events: a table of typed
// functions, one for each kind of event.
//
// A is any type. It starts as its zero value; it embeds nothing and implements
// nothing. If snapshots are taken, a codec must be able to see all of it.
//
// An aggregate has a handler for each of its events. One of another kind is
// [ErrUnknownEvent], which names it: a state without it might be wrong, as after a
// kind was renamed without a [History]. [Aggregate.Ignore] names kinds that do not
// matter any more; [Aggregate.Lenient] passes over all. Either way they count for the
// version. Events that another program wrote without this library are passed over
// if there is no handler for them.
type Aggregate[A any] struct {
	kind    string
	schema  int
	reader  *fold.Reader
	apply   map[reflect.Type]applyFunc[A]
	hash    string                      // of the table's kinds
	emits   map[string]func(Event) bool // the kinds that commands may emit, and their types
	uniques []unique[A]
	passing passing
}

// passing says which events without a handler an aggregate passes over.
type passing struct {
	kinds map[string]bool
	all   bool
}

// DefineAggregate defines an aggregate of a kind from the handlers of its
// events. It is meant for package variables, and panics for a kind that no store
// takes and when two handlers take one kind of event.
func DefineAggregate[A any](kind string, handlers ...Handler[A]) *Aggregate[A] {
	fold.Aggregate.MustKind("aggregate kind", kind)
	g := &Aggregate[A]{kind: kind, apply: make(map[reflect.Type]applyFunc[A]), emits: make(map[string]func(Event) bool)}
	readers := make([]*fold.Reader, len(handlers))
	for i, h := range handlers {
		fold.Aggregate.MustKind("event kind", h.kind)
		if _, twice := g.emits[h.kind]; twice {
			fold.Aggregate.Fail("%s: two handlers for event %q", kind, h.kind)
		}
		g.apply[h.event], g.emits[h.kind], readers[i] = h.apply, h.typed, h.reader
	}
	g.reader = fold.Aggregate.MustMerge(kind, readers...)
	g.hash = fold.Hash(g.EventKinds())
	return g
}

// WithSchema returns the aggregate with another number for the layout of its
// state. Snapshots of another number are not used, so it is to be raised when
// the meaning of a field of A changes, or what a type writes that encodes itself. The
// default is 0. Other names, types and nesting of fields have the same effect by
// themselves, and so have other kinds of events in the table.
func (g *Aggregate[A]) WithSchema(n int) *Aggregate[A] {
	c := *g
	c.schema = n
	return &c
}

// Ignore returns the aggregate that also passes over events of some kinds, which are
// of no interest any more. It panics for a kind that has a handler.
func (g *Aggregate[A]) Ignore(kinds ...string) *Aggregate[A] {
	c := *g
	c.passing.kinds = maps.Clone(g.passing.kinds)
	if c.passing.kinds == nil {
		c.passing.kinds = make(map[string]bool, len(kinds))
	}
	for _, kind := range kinds {
		fold.Aggregate.MustKind("event kind", kind)
		if g.reader.Knows(kind) {
			fold.Aggregate.Fail("%s: event %q is ignored and has a handler", g.kind, kind)
		}
		c.passing.kinds[kind] = true
	}
	return &c
}

// Lenient returns the aggregate that passes over events without a handler: for a
// program that must load what a newer one has recorded, and decides without it.
func (g *Aggregate[A]) Lenient() *Aggregate[A] {
	c := *g
	c.passing.all = true
	return &c
}

// Kind returns the kind of the aggregate.
func (g *Aggregate[A]) Kind() string { return g.kind }

// EventKinds returns the kinds of the events that it handles, old ones included,
// in order.
func (g *Aggregate[A]) EventKinds() []string { return g.reader.Kinds() }

// IgnoredKinds returns the kinds of events that it ignores, in order.
func (g *Aggregate[A]) IgnoredKinds() []string { return slices.Sorted(maps.Keys(g.passing.kinds)) }

// EventReader returns what reads its events.
func (g *Aggregate[A]) EventReader() *EventReader { return g.reader }

// applied is the commit of an event that is given by its value.
var applied = CommitInfo{ID: "applied"}

// Apply folds events into state. An event without a handler is treated as a load
// treats it; after an error the events that follow are not folded.
func (g *Aggregate[A]) Apply(state *A, events ...Event) error {
	for _, e := range events {
		if text := fold.Nil(e); text != "" {
			return g.unknown(text)
		}
		if err := g.fold(state, e.EventKind(), applied, fold.Source{Value: e}); err != nil {
			return err
		}
	}
	return nil
}
