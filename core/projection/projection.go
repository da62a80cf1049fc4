package projection

import (
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fold"
	"github.com/jetsource/jetsource/core/internal/handlers"
	"github.com/jetsource/jetsource/core/internal/resume"
)

// Projection defines a read model of type P: a table of typed functions, one for
// each kind of event, of any aggregates.
//
// P is any type. It starts as its zero value, or as [Projection.WithInit] says. Events
// of kinds without a handler are not read.
type Projection[P any, ID, Pos comparable, M any] struct {
	kind     string
	instance string
	schema   int
	init     func() P
	table    handlers.Table[foldFunc[P, ID, Pos, M], ID]
}

// Define defines a projection from the handlers of its events. Snapshots are kept
// under its kind. It is meant for package variables, and panics when two handlers
// are for the same events.
func Define[P any, ID, Pos comparable, M any](kind string, on ...Handler[P, ID, Pos, M]) *Projection[P, ID, Pos, M] {
	fold.Projection.MustKind("projection kind", kind)
	all := make([]handlers.Handler[foldFunc[P, ID, Pos, M], ID], len(on))
	for i, h := range on {
		all[i] = h.handler
	}
	return &Projection[P, ID, Pos, M]{
		kind:  kind,
		init:  func() (zero P) { return zero },
		table: handlers.New(fold.Projection, kind, all),
	}
}

// WithInit returns the projection with another state to start from. Init is
// called for each load, and must return a new state each time. A state from a
// snapshot holds only those parts of it that the codec could encode.
func (p *Projection[P, ID, Pos, M]) WithInit(init func() P) *Projection[P, ID, Pos, M] {
	c := *p
	c.init = init
	return &c
}

// WithSchema returns the projection with another number for the layout of its
// state. Snapshots of another number are not used: see core.Aggregate.WithSchema. The
// default is 0.
func (p *Projection[P, ID, Pos, M]) WithSchema(n int) *Projection[P, ID, Pos, M] {
	c := *p
	c.schema = n
	return &c
}

// Instance returns the projection with an instance name, which keeps its snapshots
// apart from those of other instances of the kind: projections whose handlers or
// first states were made from different parameters.
func (p *Projection[P, ID, Pos, M]) Instance(name string) *Projection[P, ID, Pos, M] {
	c := *p
	c.instance = name
	return &c
}

// Of returns the projection restricted to the events of some aggregates, save
// for handlers that name aggregates of their own. Its snapshots are kept apart.
func (p *Projection[P, ID, Pos, M]) Of(keys ...core.Key[ID]) *Projection[P, ID, Pos, M] {
	c := *p
	c.table = p.table.Of(fold.Projection, p.kind, keys)
	parts := []string{fmt.Sprintf("%q", p.instance)}
	for _, key := range keys {
		parts = append(parts, handlers.Literal(key))
	}
	c.instance = fold.Hash(parts)
	return &c
}

// Kind returns the kind of the projection.
func (p *Projection[P, ID, Pos, M]) Kind() string { return p.kind }

// snapshotKey names the snapshot of the projection of a store's events.
func (p *Projection[P, ID, Pos, M]) snapshotKey(store core.EventStore[ID, Pos, M]) core.SnapshotKey[ID] {
	kind := p.kind
	if p.instance != "" {
		kind += ":" + p.instance
	}
	return core.SnapshotKey[ID]{
		Store: resume.StoreID(store), Role: core.ProjectionSnapshot, Kind: kind, Singleton: true, Schema: p.schema,
	}
}

// EventReader returns what reads the events of the projection.
func (p *Projection[P, ID, Pos, M]) EventReader() *core.EventReader { return p.table.EventReader() }

// fold folds a stored event into state. An event that cannot be decoded, metadata
// included, or whose handler panics, is a [core.DecodeError], and leaves state as it was, save for what
// the handler changed through pointers, maps and slices.
func (p *Projection[P, ID, Pos, M]) fold(store core.EventStore[ID, Pos, M], state *P, stored core.StoredEvent[ID, Pos, M]) error {
	if !p.table.Handles(stored.Kind, stored.Key) {
		return nil
	}
	if err := handlers.MetadataError(&stored.Envelope); err != nil {
		return err
	}
	before, folded := *state, false
	defer func() { // also when runtime.Goexit ends the handler
		if !folded {
			*state = before
		}
	}()
	if err := p.apply(store, state, stored); err != nil {
		return handlers.DecodeError(&stored.Envelope, err)
	}
	folded = true
	return nil
}

// apply calls the handlers of a stored event, which may be several events today. A
// panic of a handler, an upcast or the codec is a [core.PanicError].
func (p *Projection[P, ID, Pos, M]) apply(store core.EventStore[ID, Pos, M], state *P, stored core.StoredEvent[ID, Pos, M]) (err error) {
	defer handlers.Recover(&err)
	from := fold.Source{Decode: func(event any) error { return store.DecodeEvent(stored, event) }}
	return p.table.Each(stored.Kind, stored.Key, from, func(apply foldFunc[P, ID, Pos, M], e fold.Part) error {
		stored.Commit.Part = e.Number
		return apply(state, &stored.Envelope, e.Event)
	})
}

func (p *Projection[P, ID, Pos, M]) wrap(verb string, err error) error {
	return fmt.Errorf("%s projection %s: %w", verb, p.kind, err)
}
