package storetest

import (
	"cmp"
	"reflect"
	"slices"

	"github.com/jetsource/jetsource/core"
)

// read loads events by random filters, and looks for what the model has.
func (m *model[ID, Pos, M]) read() {
	var filters []core.Filter[ID, Pos]
	selected := make([]bool, len(m.log))
	for range 1 + m.random.IntN(3) {
		f, bounds := m.filter()
		filters = append(filters, f)
		for i, e := range m.log {
			if bounds(i) && (f.EventKind == "" || f.EventKind == e.event.EventKind()) && (f.Aggregate == nil || *f.Aggregate == e.key) {
				selected[i] = true
			}
		}
	}
	var want []entry[ID, Pos]
	for i, e := range m.log {
		if selected[i] {
			want = append(want, e)
		}
	}
	m.check("a read", m.load(filters...), want)
}

// filter returns a random filter, and which places of the log its positions
// leave in.
func (m *model[ID, Pos, M]) filter() (core.Filter[ID, Pos], func(i int) bool) {
	var f core.Filter[ID, Pos]
	if m.random.IntN(2) == 0 {
		f.EventKind = []string{notedKind, countedKind, "storetest.third", "storetest.unheard"}[m.random.IntN(4)]
	}
	if m.random.IntN(3) > 0 {
		key := m.anyKey()
		f.Aggregate = &key
	}
	after, from := -1, 0
	if m.global() && len(m.log) > 0 {
		if i := m.random.IntN(len(m.log)); m.random.IntN(3) == 0 && !m.log[i].position.IsZero() {
			after, f.After = i, m.log[i].position
		}
		if i := m.random.IntN(len(m.log)); m.random.IntN(3) == 0 && !m.log[i].position.IsZero() {
			from, f.From = i, m.log[i].position
		}
	}
	return f, func(i int) bool { return i > after && i >= from }
}

// check compares events with what the model has of them. Where positions do not
// order all events, it puts them in the order of their commits first.
func (m *model[ID, Pos, M]) check(what string, events []recorded[ID, Pos, M], want []entry[ID, Pos]) {
	m.Helper()
	if !m.global() {
		slices.SortStableFunc(events, func(a, b recorded[ID, Pos, M]) int { return cmp.Compare(number(a.Event), number(b.Event)) })
	}
	if len(events) != len(want) {
		m.Fatalf("%s gives %d events, want %d", what, len(events), len(want))
	}
	for i, e := range events {
		w := want[i]
		if e.Event != w.event || e.Key != w.key || e.Kind != w.event.EventKind() || e.CommandID != w.commandID {
			m.Errorf("%s: event %d is %v of %v, want %v of %v", what, i, e.Event, e.Key, w.event, w.key)
		}
		if !reflect.DeepEqual(e.Metadata, m.Metadata(w.metadata)) {
			m.Errorf("%s: event %d has metadata %v, want %v", what, i, e.Metadata, m.Metadata(w.metadata))
		}
		if position := core.At(e.Position); !w.position.IsZero() && w.position != position {
			m.Errorf("%s: event %d is at %v, want %v", what, i, position, w.position)
		}
		place := w.place
		place.ID = e.Commit.ID
		if commit, ok := m.ids[e.Commit.ID]; e.Commit != place || ok && commit != w.commit {
			m.Errorf("%s: event %d has the place %+v, want %+v", what, i, e.Commit, place)
		}
		m.ids[e.Commit.ID] = w.commit
	}
}
