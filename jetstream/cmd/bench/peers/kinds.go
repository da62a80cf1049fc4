package main

import (
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/projection"
)

// The kinds of events beside [changed].
type (
	change1 struct{ changed }
	change2 struct{ changed }
	change3 struct{ changed }
	change4 struct{ changed }
	change5 struct{ changed }
	change6 struct{ changed }
	change7 struct{ changed }
)

func kindOf(i int) string { return fmt.Sprint("document.change", i) }

func (change1) EventKind() string { return kindOf(1) }
func (change2) EventKind() string { return kindOf(2) }
func (change3) EventKind() string { return kindOf(3) }
func (change4) EventKind() string { return kindOf(4) }
func (change5) EventKind() string { return kindOf(5) }
func (change6) EventKind() string { return kindOf(6) }
func (change7) EventKind() string { return kindOf(7) }

// ofEachKind is an event of each of the eight kinds.
var ofEachKind = [...]core.Event{event, change1{event}, change2{event}, change3{event}, change4{event}, change5{event}, change6{event}, change7{event}}

// known are the kinds of events.
var known = func() map[string]bool {
	kinds := make(map[string]bool)
	for _, e := range ofEachKind {
		kinds[e.EventKind()] = true
	}
	return kinds
}()

// changeEvent is an event of any of the kinds.
type changeEvent interface {
	core.Event
	change() changed
}

func (e changed) change() changed { return e }

func folded[E changeEvent]() core.Handler[document] {
	return core.On(func(d *document, e E) { d.apply(e.change()) })
}

var documents = core.DefineAggregate("document", folded[changed](), folded[change1](), folded[change2](), folded[change3](),
	folded[change4](), folded[change5](), folded[change6](), folded[change7]())

func counted[E changeEvent]() projection.Handler[totals, string, uint64, string] {
	return projection.On(func(t *totals, e core.Recorded[E, string, uint64, string]) { t.apply(e.Event.change()) })
}

var allTotals = projection.Define("totals", counted[changed](), counted[change1](), counted[change2](), counted[change3](),
	counted[change4](), counted[change5](), counted[change6](), counted[change7]())
