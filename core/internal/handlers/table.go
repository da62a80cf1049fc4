// Package handlers is the table of typed functions of a projection or a reactor:
// one function for each kind of event, of all aggregates or of some.
package handlers

import (
	"reflect"
	"slices"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fold"
)

// Handler handles the events of one type, whatever they were recorded as.
type Handler[F any, ID comparable] struct {
	Handle F
	Only   []core.Key[ID] // the aggregates it is for; nil for every aggregate

	reader *fold.Reader
	kind   string
	event  reflect.Type
	only   map[core.Key[ID]]bool // Only, which may be thousands
}

// On returns the handler of events of type E.
func On[E core.Event, ID comparable, F any](d fold.Definition, handle F) Handler[F, ID] {
	return Handler[F, ID]{Handle: handle, reader: fold.NewReader[E](d), kind: fold.KindOf[E](d), event: reflect.TypeFor[E]()}
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

// Table is the handlers of a projection or a reactor.
type Table[F any, ID comparable] struct {
	handlers []Handler[F, ID]
	reader   *fold.Reader
}

// New returns a table. It panics when two handlers are for the same events, and for a
// kind of which they tell different histories.
func New[F any, ID comparable](d fold.Definition, name string, handlers []Handler[F, ID]) Table[F, ID] {
	readers := make([]*fold.Reader, len(handlers))
	for i, h := range handlers {
		d.MustKind("event kind", h.kind)
		for _, other := range handlers[:i] {
			if h.event == other.event && h.intersects(other) {
				d.Fail("%s: two handlers for event %q", name, h.kind)
			}
		}
		readers[i] = h.reader
	}
	return Table[F, ID]{handlers, d.MustMerge(name, readers...)}
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

// EventReader returns what reads the events of the table.
func (t Table[F, ID]) EventReader() *fold.Reader { return t.reader }

// Handles reports whether an event is for one of the handlers.
func (t Table[F, ID]) Handles(kind string, key core.Key[ID]) bool {
	return slices.ContainsFunc(t.handlers, func(h Handler[F, ID]) bool { return h.covers(key) && h.reader.Knows(kind) })
}

// Each calls handle with each event that a recorded one is today, and its handler.
// Those without a handler are left out. It returns the first error.
func (t Table[F, ID]) Each(kind string, key core.Key[ID], from fold.Source, handle func(F, fold.Part) error) error {
	return t.reader.Read(kind, from, func(p fold.Part) error {
		for _, h := range t.handlers {
			if h.event == p.Type && h.covers(key) {
				return handle(h.Handle, p)
			}
		}
		return nil
	})
}
