package reactor

import (
	"maps"
	"slices"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fold"
	"github.com/jetsource/jetsource/core/internal/handlers"
)

const (
	// DefaultPartitions is how many partitions a reactor has unless it says otherwise.
	DefaultPartitions = 16
	// MaxPartitions is the most that a reactor may have.
	MaxPartitions = 256
)

// Reactor defines what follows from events: a table of typed functions that act,
// one for each kind of event or of timer. A [Worker] runs it. Events of kinds without a
// handler are not read.
type Reactor[ID, Pos comparable, M any] struct {
	name       string
	table      handlers.Table[reaction[ID, Pos, M], ID]
	timers     handlers.Table[reaction[ID, Pos, M], ID]
	partitions int
	recorded   []string // the kinds of events of a reactor without handlers, see Find; nil for others
}

// Define defines a reactor from the handlers of its events and timers. The name is that of
// its progress and of its timers in the store: a reactor with another name begins with the
// first event and has no timers, and those of the old name wait until a reactor has it
// again. Define panics when two handlers are for the same events.
func Define[ID, Pos comparable, M any](name string, on ...Handler[ID, Pos, M]) *Reactor[ID, Pos, M] {
	fold.Reactor.MustKind("reactor name", name)
	var events, timers []handlers.Handler[reaction[ID, Pos, M], ID]
	for _, h := range on {
		if h.timer {
			timers = append(timers, h.handler)
		} else {
			events = append(events, h.handler)
		}
	}
	return &Reactor[ID, Pos, M]{
		name: name, table: handlers.New(fold.Reactor, name, events), timers: handlers.New(fold.Reactor, name, timers),
		partitions: DefaultPartitions,
	}
}

// Of returns the reactor under another name and restricted to the events of some
// aggregates, save for handlers that name aggregates of their own.
func (r *Reactor[ID, Pos, M]) Of(name string, keys ...core.Key[ID]) *Reactor[ID, Pos, M] {
	fold.Reactor.MustKind("reactor name", name)
	return &Reactor[ID, Pos, M]{
		name: name, table: r.table.Of(fold.Reactor, name, keys), timers: r.timers.Of(fold.Reactor, name, keys),
		partitions: r.partitions,
	}
}

// WithPartitions returns the reactor with another number of partitions than
// [DefaultPartitions]. The events of one aggregate are in one partition, which is worked off
// in order; the partitions are worked off beside each other, by one process or by several. A
// reactor of one partition handles one event at a time. The number is recorded when the
// reactor runs first, and stays: see [PartitionsError]. WithPartitions panics for a number
// that is not from 1 to [MaxPartitions].
func (r *Reactor[ID, Pos, M]) WithPartitions(n int) *Reactor[ID, Pos, M] {
	if n < 1 || n > MaxPartitions {
		fold.Reactor.Fail("%s: %d partitions, and 1 to %d are allowed", r.name, n, MaxPartitions)
	}
	c := *r
	c.partitions = n
	return &c
}

// Name returns the name of the reactor.
func (r *Reactor[ID, Pos, M]) Name() string { return r.name }

// EventReader returns what reads the events of the reactor.
func (r *Reactor[ID, Pos, M]) EventReader() *core.EventReader { return r.table.EventReader() }

// filters selects the reactor's events after a version.
func (r *Reactor[ID, Pos, M]) filters(after core.Version[Pos]) (all []core.Filter[ID, Pos]) {
	if r.recorded == nil {
		return handlers.FiltersAfter(r.table, after)
	}
	for _, kind := range r.recorded {
		all = append(all, core.Filter[ID, Pos]{EventKind: kind, After: after})
	}
	return all
}

// kinds are those of the events that the reactor takes, in order. They are not nil.
func (r *Reactor[ID, Pos, M]) kinds() []string {
	seen := map[string]bool{}
	for _, f := range r.filters(core.Version[Pos]{}) {
		seen[f.EventKind] = true
	}
	return append([]string{}, slices.Sorted(maps.Keys(seen))...)
}
