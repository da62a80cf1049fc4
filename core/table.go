package core

import (
	"fmt"
	"maps"
	"slices"
)

// scoped is what a projection or a reactor does with one event: F for each kind
// that the event had over time, of some aggregates or of all.
type scoped[F any, ID comparable] struct {
	folds map[string]F
	only  []Key[ID]        // nil for every aggregate
	keys  map[Key[ID]]bool // of only: there may be thousands
}

// of returns h restricted to some aggregates.
func (h scoped[F, ID]) of(only []Key[ID]) scoped[F, ID] {
	h.only = append([]Key[ID]{}, only...)
	h.keys = make(map[Key[ID]]bool, len(only))
	for _, key := range only {
		h.keys[key] = true
	}
	return h
}

// takes reports whether events of an aggregate are of concern.
func (h scoped[F, ID]) takes(key Key[ID]) bool { return h.only == nil || h.keys[key] }

// overlaps reports whether two take events of one aggregate.
func (h scoped[F, ID]) overlaps(other scoped[F, ID]) bool {
	return h.only == nil || other.only == nil || slices.ContainsFunc(h.only, other.takes)
}

// kinds returns the kinds of the event.
func (h scoped[F, ID]) kinds() []string { return slices.Sorted(maps.Keys(h.folds)) }

// table is the handlers of a projection or a reactor.
type table[F any, ID, Pos comparable] struct {
	handlers []scoped[F, ID]
	filters  []Filter[ID, Pos]
}

// newTable panics when two handlers take the same events.
func newTable[F any, ID, Pos comparable](name string, handlers []scoped[F, ID]) table[F, ID, Pos] {
	t := table[F, ID, Pos]{handlers: handlers}
	for i, h := range handlers {
		for _, kind := range h.kinds() {
			mustKind("event kind", kind)
			for _, other := range handlers[:i] {
				if _, same := other.folds[kind]; same && h.overlaps(other) {
					panic(fmt.Sprintf("core: %s: two handlers for event %q", name, kind))
				}
			}
			if h.only == nil {
				t.filters = append(t.filters, Filter[ID, Pos]{EventKind: kind})
			}
			for _, key := range h.only {
				t.filters = append(t.filters, Filter[ID, Pos]{EventKind: kind, Aggregate: &key})
			}
		}
	}
	return t
}

// of returns the table restricted to some aggregates, save the handlers that
// name aggregates of their own.
func (t table[F, ID, Pos]) of(name string, keys []Key[ID]) table[F, ID, Pos] {
	handlers := slices.Clone(t.handlers)
	for i, h := range handlers {
		if h.only == nil {
			handlers[i] = h.of(keys)
		}
	}
	return newTable[F, ID, Pos](name, handlers)
}

// find returns what is to be done with an event; false if nothing is.
func (t table[F, ID, Pos]) find(kind string, key Key[ID]) (F, bool) {
	for _, h := range t.handlers {
		if f, ok := h.folds[kind]; ok && h.takes(key) {
			return f, true
		}
	}
	var none F
	return none, false
}

// after returns the filters from a version on.
func (t table[F, ID, Pos]) after(v Version[Pos]) []Filter[ID, Pos] {
	fs := slices.Clone(t.filters)
	for i := range fs {
		fs[i].After = v
	}
	return fs
}

// from returns the filters from a version on, its event included.
func (t table[F, ID, Pos]) from(v Version[Pos]) []Filter[ID, Pos] {
	fs := slices.Clone(t.filters)
	for i := range fs {
		fs[i].From = v
	}
	return fs
}

// hash identifies the events that are taken.
func (t table[F, ID, Pos]) hash() string {
	var parts []string
	for _, f := range t.filters {
		part := fmt.Sprintf("%q", f.EventKind)
		if f.Aggregate != nil {
			part += " " + literal(*f.Aggregate)
		}
		parts = append(parts, part)
	}
	return tableHash(parts)
}

// literal returns a text that no other key has.
func literal[ID comparable](key Key[ID]) string { return fmt.Sprintf("%q %#v", key.Kind, key.ID) }
