//go:build unix

package main

import (
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

type (
	store     = jetstream.Store[string, core.NoMetadata]
	commit    = core.Commit[string, uint64, core.NoMetadata]
	committed = core.Committed[string, uint64, core.NoMetadata]
	key       = core.Key[string]
	version   = core.Version[uint64]
	filter    = core.Filter[string, uint64]
)

// Mark is in the payload of every event of an item. It names the commit that a
// client asked for, and the place of the event in it.
type Mark struct {
	Op    string `json:"op"`
	Part  int    `json:"part"`
	Index int    `json:"index"`
}

func (m Mark) mark() Mark { return m }

// Events of an item. placed is an input of the reactor.
type (
	added   struct{ Mark }
	changed struct{ Mark }
	placed  struct{ Mark }
)

func (added) EventKind() string   { return "item.added" }
func (changed) EventKind() string { return "item.changed" }
func (placed) EventKind() string  { return "item.placed" }

// Item is the state of an item. It depends on all events and on their order.
type Item struct {
	Events int
	Digest uint64
}

func (i *Item) fold(m Mark) {
	i.Events++
	i.Digest = history.Fold(i.Digest, m.Op, m.Part, m.Index)
}

var item = core.DefineAggregate("item",
	core.On(func(i *Item, e added) { i.fold(e.Mark) }),
	core.On(func(i *Item, e changed) { i.fold(e.Mark) }),
	core.On(func(i *Item, e placed) { i.fold(e.Mark) }),
)

type repository = core.Repository[Item, string, uint64, core.NoMetadata]

func itemKey(id string) key { return key{Kind: "item", ID: id} }

// tokens returns the key as two tokens of a subject. No id here has a byte that
// has to be escaped.
func tokens(k key) string { return k.Kind + "." + k.ID }

// events returns n events for a part of commit op.
func events(op string, part, n int) []core.Event {
	all := make([]core.Event, n)
	for i := range all {
		m := Mark{op, part, i}
		if i%2 == 0 {
			all[i] = added{m}
		} else {
			all[i] = changed{m}
		}
	}
	return all
}

// inputs returns n events of commit op that the reactors react to.
func inputs(op string, n int) []core.Event {
	all := make([]core.Event, n)
	for i := range all {
		all[i] = placed{Mark{Op: op, Index: i}}
	}
	return all
}
