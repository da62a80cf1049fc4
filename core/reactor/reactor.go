package reactor

import (
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fold"
	"github.com/jetsource/jetsource/core/internal/handlers"
)

// Reactor defines what follows from events: a table of typed functions that act,
// one for each kind of event. A [Worker] runs it. Events of kinds without a handler are
// not read.
type Reactor[ID, Pos comparable, M any] struct {
	name  string
	table handlers.Table[reaction[ID, Pos, M], ID]
}

// Define defines a reactor from the handlers of its events. The name is that of
// its progress in the store: a reactor with another name begins with the first
// event. Define panics when two handlers are for the same events.
func Define[ID, Pos comparable, M any](name string, on ...Handler[ID, Pos, M]) *Reactor[ID, Pos, M] {
	fold.Reactor.MustKind("reactor name", name)
	all := make([]handlers.Handler[reaction[ID, Pos, M], ID], len(on))
	for i, h := range on {
		all[i] = h.handler
	}
	return &Reactor[ID, Pos, M]{name: name, table: handlers.New(fold.Reactor, name, all)}
}

// Of returns the reactor under another name and restricted to the events of some
// aggregates, save for handlers that name aggregates of their own.
func (r *Reactor[ID, Pos, M]) Of(name string, keys ...core.Key[ID]) *Reactor[ID, Pos, M] {
	fold.Reactor.MustKind("reactor name", name)
	return &Reactor[ID, Pos, M]{name: name, table: r.table.Of(fold.Reactor, name, keys)}
}

// Name returns the name of the reactor.
func (r *Reactor[ID, Pos, M]) Name() string { return r.name }

// EventReader returns what reads the events of the reactor.
func (r *Reactor[ID, Pos, M]) EventReader() *core.EventReader { return r.table.EventReader() }

// filters selects the reactor's events after a version.
func (r *Reactor[ID, Pos, M]) filters(after core.Version[Pos]) []core.Filter[ID, Pos] {
	return handlers.FiltersAfter(r.table, after)
}
