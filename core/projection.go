package core

import "fmt"

// Projection defines a read model of type P: a table of typed functions, one for
// each kind of event, of whatever aggregates.
//
// P is any type. It starts as its zero value, or as [Projection.WithInit] says.
type Projection[P any, ID, Pos comparable, M any] struct {
	kind     string
	instance string
	schema   int
	init     func() P
	table    table[projectionFold[P, ID, Pos, M], ID, Pos]
}

// DefineProjection defines a projection from the handlers of its events. The
// kind names it where snapshots are kept. It panics when two handlers take the
// same events.
func DefineProjection[P any, ID, Pos comparable, M any](kind string, handlers ...ProjectionHandler[P, ID, Pos, M]) *Projection[P, ID, Pos, M] {
	mustKind("projection kind", kind)
	all := make([]scoped[projectionFold[P, ID, Pos, M], ID], len(handlers))
	for i, h := range handlers {
		all[i] = h.scoped
	}
	return &Projection[P, ID, Pos, M]{
		kind:  kind,
		init:  func() (zero P) { return zero },
		table: newTable[projectionFold[P, ID, Pos, M], ID, Pos](kind, all),
	}
}

// WithInit returns the projection with another state to start from. Init is
// called for each load, and must give each its own. State that was in a snapshot
// has nothing of it but what a codec saw.
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

// Of returns the projection restricted to the events of some aggregates, save
// for handlers that name aggregates of their own. Its snapshots are kept apart.
func (p *Projection[P, ID, Pos, M]) Of(keys ...Key[ID]) *Projection[P, ID, Pos, M] {
	c := *p
	c.table = p.table.of(p.kind, keys)
	parts := []string{fmt.Sprintf("%q", p.instance)}
	for _, key := range keys {
		parts = append(parts, literal(key))
	}
	c.instance = tableHash(parts)
	return &c
}

// Kind returns the kind of the projection.
func (p *Projection[P, ID, Pos, M]) Kind() string { return p.kind }

func (p *Projection[P, ID, Pos, M]) snapshotKey() SnapshotKey[ID] {
	kind := p.kind
	if p.instance != "" {
		kind += ":" + p.instance
	}
	return SnapshotKey[ID]{Role: ProjectionSnapshot, Kind: kind, Singleton: true, Schema: p.schema}
}

// fold folds a stored event into state. An event that cannot be decoded is a
// [DecodeError].
func (p *Projection[P, ID, Pos, M]) fold(store EventStore[ID, Pos, M], state *P, stored StoredEvent[ID, Pos, M]) error {
	fold, ok := p.table.find(stored.Kind, stored.Key)
	if !ok {
		return nil
	}
	from := source{decode: func(event any) error { return store.DecodeEvent(stored, event) }}
	if err := fold(state, &stored.Envelope, from); err != nil {
		return &DecodeError{Kind: stored.Kind, Key: stored.Key.String(), Position: fmt.Sprint(stored.Position), Err: err}
	}
	return nil
}

func (p *Projection[P, ID, Pos, M]) wrap(verb string, err error) error {
	return fmt.Errorf("%s projection %s: %w", verb, p.kind, err)
}

// ProjectionHandler folds one kind of event into a P. [Project] makes one.
type ProjectionHandler[P any, ID, Pos comparable, M any] struct {
	scoped[projectionFold[P, ID, Pos, M], ID]
}

type projectionFold[P any, ID, Pos comparable, M any] func(*P, *Envelope[ID, Pos, M], source) error

// Project makes a handler of a function, or of a method expression. Like [On] it
// takes the older kinds of the event by [Upcast].
func Project[P any, E Event, ID, Pos comparable, M any](apply func(*P, Recorded[E, ID, Pos, M]), older ...Upcaster[E]) ProjectionHandler[P, ID, Pos, M] {
	var h ProjectionHandler[P, ID, Pos, M]
	h.folds = make(map[string]projectionFold[P, ID, Pos, M])
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
	h.scoped = h.of(keys)
	return h
}
