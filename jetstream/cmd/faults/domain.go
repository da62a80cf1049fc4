//go:build unix

package main

import (
	"context"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// Mark says which commit an event is of, and its place there, so that the log can
// be held against what was asked for.
type Mark struct {
	Op    string `json:"op"`
	Part  int    `json:"part"`
	Index int    `json:"index"`
}

// Events of an item. A placed one is an input of the reactor.
type (
	added   struct{ Mark }
	changed struct{ Mark }
	placed  struct{ Mark }
)

func (added) EventKind() string   { return "item.added" }
func (changed) EventKind() string { return "item.changed" }
func (placed) EventKind() string  { return "item.placed" }

func (m Mark) mark() Mark { return m }

// Outputs of the reactor.
type (
	written struct {
		Input uint64 `json:"input"`
	}
	counted struct {
		Input uint64 `json:"input"`
	}
)

func (written) EventKind() string { return "receipt.written" }
func (counted) EventKind() string { return "tally.counted" }

// Item is the state of an item: it depends on every event and on their order.
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

type (
	store     = jetstream.Store[string, core.NoMetadata]
	commit    = core.Commit[string, uint64, core.NoMetadata]
	committed = core.Committed[string, uint64, core.NoMetadata]
	key       = core.Key[string]
	version   = core.Version[uint64]
	filter    = core.Filter[string, uint64]
	recorded  = core.Recorded[placed, string, uint64, core.NoMetadata]
)

func itemKey(id string) key { return key{Kind: "item", ID: id} }

// tokens is what an aggregate is called in subjects. All ids here stand for
// themselves.
func tokens(k key) string { return k.Kind + "." + k.ID }

// newReactor returns the reactor that records a receipt and counts, for each item
// that was placed.
func newReactor() *reactor.Reactor[string, uint64, core.NoMetadata] {
	return reactor.Define("receipts", reactor.Produce(func(_ context.Context, e recorded) ([]commit, error) {
		tally := fmt.Sprintf("t%d", e.Position%3)
		return []commit{
			{Key: key{Kind: "receipt", ID: e.Key.ID}, Unchecked: true, Events: []core.Event{written{e.Position}}},
			{Key: key{Kind: "tally", ID: tally}, Unchecked: true, Events: []core.Event{counted{e.Position}}},
		}, nil
	}))
}

// events returns n events of part of a commit: the first two kinds in turns, or
// an input.
func events(op string, part, n int, input bool) []core.Event {
	all := make([]core.Event, n)
	for i := range all {
		m := Mark{op, part, i}
		switch {
		case input:
			all[i] = placed{m}
		case i%2 == 0:
			all[i] = added{m}
		default:
			all[i] = changed{m}
		}
	}
	return all
}
