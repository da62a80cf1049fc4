// Package handlers is the table of typed functions of a projection or a reactor:
// one function for each kind of event, of all aggregates or of some.
package handlers

import (
	"maps"
	"slices"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fold"
)

// Handler handles one event: it has an F for each kind that the event had over
// time.
type Handler[F any, ID comparable] struct {
	ByKind map[string]F
	Only   []core.Key[ID] // the aggregates it is for; nil for every aggregate

	only map[core.Key[ID]]bool // Only, which may be thousands
}

// Of returns the handler restricted to the events of some aggregates.
func (h Handler[F, ID]) Of(keys []core.Key[ID]) Handler[F, ID] {
	h.Only = append([]core.Key[ID]{}, keys...)
	h.only = make(map[core.Key[ID]]bool, len(keys))
	for _, key := range keys {
		h.only[key] = true
	}
	return h
}

// covers reports whether the handler is for events of an aggregate.
func (h Handler[F, ID]) covers(key core.Key[ID]) bool {
	return h.Only == nil || h.only[key]
}

// intersects reports whether two handlers are for events of one aggregate.
func (h Handler[F, ID]) intersects(other Handler[F, ID]) bool {
	return h.Only == nil || other.Only == nil || slices.ContainsFunc(h.Only, other.covers)
}

// kinds returns the kinds of the event.
func (h Handler[F, ID]) kinds() []string { return slices.Sorted(maps.Keys(h.ByKind)) }

// Table is the handlers of a projection or a reactor.
type Table[F any, ID comparable] struct {
	handlers []Handler[F, ID]
}

// New returns a table. It panics when two handlers are for the same events.
func New[F any, ID comparable](d fold.Definition, name string, handlers []Handler[F, ID]) Table[F, ID] {
	for i, h := range handlers {
		for _, kind := range h.kinds() {
			d.MustKind("event kind", kind)
			for _, other := range handlers[:i] {
				if _, same := other.ByKind[kind]; same && h.intersects(other) {
					d.Fail("%s: two handlers for event %q", name, kind)
				}
			}
		}
	}
	return Table[F, ID]{handlers}
}

// Of returns the table restricted to some aggregates, save for handlers that
// name aggregates of their own.
func (t Table[F, ID]) Of(d fold.Definition, name string, keys []core.Key[ID]) Table[F, ID] {
	handlers := slices.Clone(t.handlers)
	for i, h := range handlers {
		if h.Only == nil {
			handlers[i] = h.Of(keys)
		}
	}
	return New(d, name, handlers)
}

// Find returns the function for an event; false if there is none.
func (t Table[F, ID]) Find(kind string, key core.Key[ID]) (F, bool) {
	for _, h := range t.handlers {
		if f, ok := h.ByKind[kind]; ok && h.covers(key) {
			return f, true
		}
	}
	var none F
	return none, false
}
