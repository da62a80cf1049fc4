package core

import (
	"fmt"
	"maps"
	"slices"
)

// Projection defines a read model of type P: a table of typed functions, one for
// each kind of event, of whatever aggregates.
//
// P is any type. It starts as its zero value, or as [Projection.WithInit] says.
type Projection[P any, ID, Pos comparable, M any] struct {
	kind     string
	instance string
	schema   int
	init     func() P
	handlers []ProjectionHandler[P, ID, Pos, M]
	table    map[string][]projected[P, ID, Pos, M] // by kind of event
	filters  []Filter[ID, Pos]
}

// DefineProjection defines a projection from the handlers of its events. The
// kind names it where snapshots are kept. It panics when two handlers take the
// same events.
func DefineProjection[P any, ID, Pos comparable, M any](kind string, handlers ...ProjectionHandler[P, ID, Pos, M]) *Projection[P, ID, Pos, M] {
	mustKind("projection kind", kind)
	p := &Projection[P, ID, Pos, M]{kind: kind, handlers: handlers, init: func() (zero P) { return zero }}
	p.build()
	return p
}

// WithInit returns the projection with another state to start from. Init is
// called for each load, and must give each its own.
func (p *Projection[P, ID, Pos, M]) WithInit(init func() P) *Projection[P, ID, Pos, M] {
	c := *p
	c.init = init
	return &c
}

// WithSchema returns the projection with another number for the layout of its
// state. Snapshots of another number are not used. The default is 0.
func (p *Projection[P, ID, Pos, M]) WithSchema(n int) *Projection[P, ID, Pos, M] {
	c := *p
	c.schema = n
	return &c
}

// Instance returns the projection under a name of its own, so that the snapshots
// of several of a kind are kept apart: those whose handlers or first states were
// made from different parameters.
func (p *Projection[P, ID, Pos, M]) Instance(name string) *Projection[P, ID, Pos, M] {
	c := *p
	c.instance = name
	return &c
}

// Of returns the projection restricted to the events of some aggregates: to all
// of its kinds, except those whose handlers name aggregates of their own. It is
// another instance by itself.
func (p *Projection[P, ID, Pos, M]) Of(keys ...Key[ID]) *Projection[P, ID, Pos, M] {
	c := *p
	c.handlers = slices.Clone(p.handlers)
	for i, h := range c.handlers {
		if h.only == nil {
			c.handlers[i] = h.Of(keys...)
		}
	}
	c.instance = tableHash([]string{p.instance, fmt.Sprint(keys)})
	c.build()
	return &c
}

// Kind returns the kind of the projection.
func (p *Projection[P, ID, Pos, M]) Kind() string { return p.kind }

// Filters returns what the projection asks a store for, from a version on.
func (p *Projection[P, ID, Pos, M]) filtersAfter(after Version[Pos]) []Filter[ID, Pos] {
	fs := slices.Clone(p.filters)
	for i := range fs {
		fs[i].After = after
	}
	return fs
}

// build makes the table and the filters of the handlers.
func (p *Projection[P, ID, Pos, M]) build() {
	p.table = make(map[string][]projected[P, ID, Pos, M])
	p.filters = nil
	for _, h := range p.handlers {
		for _, kind := range slices.Sorted(maps.Keys(h.folds)) {
			mustKind("event kind", kind)
			for _, other := range p.table[kind] {
				if other.only == nil || h.only == nil || slices.ContainsFunc(h.only, func(k Key[ID]) bool { return slices.Contains(other.only, k) }) {
					panic(fmt.Sprintf("core: %s: two handlers for event %q", p.kind, kind))
				}
			}
			p.table[kind] = append(p.table[kind], projected[P, ID, Pos, M]{h.folds[kind], h.only})
			if h.only == nil {
				p.filters = append(p.filters, Filter[ID, Pos]{EventKind: kind})
			}
			for _, key := range h.only {
				p.filters = append(p.filters, Filter[ID, Pos]{EventKind: kind, Aggregate: &key})
			}
		}
	}
}

// hash identifies what is folded.
func (p *Projection[P, ID, Pos, M]) hash() string {
	var parts []string
	for _, f := range p.filters {
		aggregate := ""
		if f.Aggregate != nil {
			aggregate = f.Aggregate.String()
		}
		parts = append(parts, f.EventKind+" "+aggregate)
	}
	return tableHash(parts)
}

func (p *Projection[P, ID, Pos, M]) snapshotKey() SnapshotKey[ID] {
	kind := p.kind
	if p.instance != "" {
		kind += ":" + p.instance
	}
	return SnapshotKey[ID]{Role: ProjectionSnapshot, Kind: kind, Only: true, Schema: p.schema}
}

// fold folds a stored event into state. An event that cannot be decoded is a
// [DecodeError].
func (p *Projection[P, ID, Pos, M]) fold(store EventStore[ID, Pos, M], state *P, stored StoredEvent[ID, Pos, M]) error {
	for _, h := range p.table[stored.Kind] {
		if h.only != nil && !slices.Contains(h.only, stored.Key) {
			continue
		}
		from := source{decode: func(event any) error { return store.DecodeEvent(stored, event) }}
		if err := h.fold(state, &stored.Envelope, from); err != nil {
			return &DecodeError{Kind: stored.Kind, Key: stored.Key.String(), Position: fmt.Sprint(stored.Position), Err: err}
		}
	}
	return nil
}

// ProjectionHandler folds one kind of event into a P. [Project] makes one.
type ProjectionHandler[P any, ID, Pos comparable, M any] struct {
	folds map[string]projectionFold[P, ID, Pos, M]
	only  []Key[ID] // nil for every aggregate
}

type projectionFold[P any, ID, Pos comparable, M any] func(*P, *Envelope[ID, Pos, M], source) error

// projected is a handler of one kind of event.
type projected[P any, ID, Pos comparable, M any] struct {
	fold projectionFold[P, ID, Pos, M]
	only []Key[ID]
}

// Project makes a handler of a function, or of a method expression. Like [On] it
// takes the older kinds of the event by [Upcast].
func Project[P any, E Event, ID, Pos comparable, M any](apply func(*P, Recorded[E, ID, Pos, M]), older ...Upcaster[E]) ProjectionHandler[P, ID, Pos, M] {
	h := ProjectionHandler[P, ID, Pos, M]{folds: make(map[string]projectionFold[P, ID, Pos, M])}
	for kind, read := range readers(older) {
		h.folds[kind] = func(p *P, envelope *Envelope[ID, Pos, M], from source) error {
			e, err := read(from)
			if err == nil {
				apply(p, Recorded[E, ID, Pos, M]{Envelope: *envelope, Event: e})
			}
			return err
		}
	}
	return h
}

// Of returns the handler restricted to the events of some aggregates.
func (h ProjectionHandler[P, ID, Pos, M]) Of(keys ...Key[ID]) ProjectionHandler[P, ID, Pos, M] {
	h.only = append([]Key[ID]{}, keys...)
	return h
}
