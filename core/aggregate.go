package core

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Aggregate defines how state of type A is folded from events: a table of typed
// functions, one for each kind of event.
//
// A is any type. It starts as its zero value; it embeds nothing and implements
// nothing. If snapshots are taken, a codec must be able to see all of it.
//
// Events of kinds that the table does not have are passed over when an aggregate
// is loaded: an older program can so read what a newer one has written, and decides
// without it. They count for the version all the same.
type Aggregate[A any] struct {
	kind   string
	schema int
	table  map[string]fold[A]
	hash   string                      // of the table's kinds
	emits  map[string]func(Event) bool // the kinds that commands may emit, and their types
}

// DefineAggregate defines an aggregate of a kind from the handlers of its
// events. It is meant for package variables, and panics for a kind that no store
// takes and when two handlers take one kind of event.
func DefineAggregate[A any](kind string, handlers ...Handler[A]) *Aggregate[A] {
	mustKind("aggregate kind", kind)
	g := &Aggregate[A]{kind: kind, table: make(map[string]fold[A]), emits: make(map[string]func(Event) bool)}
	for _, h := range handlers {
		addAll(kind, g.table, h.folds)
		g.emits[h.kind] = h.typed
	}
	g.hash = tableHash(g.EventKinds())
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
		if e == nil {
			return g.unknown("nil")
		}
		fold, ok := g.table[e.EventKind()]
		if !ok {
			return g.unknown(e.EventKind())
		}
		if err := fold(state, source{value: e}); err != nil {
			return err
		}
	}
	return nil
}

// check refuses what a command must not emit: what cannot be folded, or not be
// decoded as what it is.
func (g *Aggregate[A]) check(e Event) error {
	if e == nil {
		return g.unknown("nil")
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

// tableHash identifies a set of kinds: state that was folded from other kinds
// is other state.
func tableHash(kinds []string) string {
	sum := sha256.Sum256([]byte(strings.Join(kinds, "\n")))
	return hex.EncodeToString(sum[:8])
}

// mustKind panics for a kind that no store takes.
func mustKind(what, kind string) {
	if err := CheckKind(what, kind); err != nil {
		panic("core: " + err.Error())
	}
}

// addAll adds entries to the table of what is called name.
func addAll[F any](name string, table, entries map[string]F) {
	for kind, f := range entries {
		mustKind("event kind", kind)
		if _, twice := table[kind]; twice {
			panic(fmt.Sprintf("core: %s: two handlers for event %q", name, kind))
		}
		table[kind] = f
	}
}
