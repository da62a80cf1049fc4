package storetest

import (
	"testing"

	"github.com/jetsource/jetsource/core"
)

func (s *rules[ID, Pos, M]) filters() []rule {
	return []rule{
		{Name: "filters select by kind and by aggregate", Check: s.filterByKindAndAggregate},
		{Name: "filters that overlap give an event once, in order", Check: s.filtersOverlap},
		{Name: "no filters select nothing", Check: s.noFilters},
		{Name: "after leaves its position out, from includes it", Check: s.afterAndFrom},
		{Name: "positions bound the events of all aggregates", Check: s.boundsOverAggregates},
		{Name: "each filter keeps its own positions", Check: s.boundsPerFilter},
		{Name: "positions beyond the end select nothing", Check: s.boundsBeyondEnd},
	}
}

// filterCase is some filters, and the numbers of the events they select.
type filterCase[ID, Pos comparable] struct {
	name    string
	filters []core.Filter[ID, Pos]
	want    []int64
}

// library is the log that filters are tried on.
type library[ID, Pos comparable, M any] struct {
	*probe[ID, Pos, M]
	a, b, c core.Key[ID]        // c has the id of a, and another kind
	at      []core.Version[Pos] // at[n] is the position of event n
}

func (s *rules[ID, Pos, M]) library(t *testing.T) *library[ID, Pos, M] {
	l := &library[ID, Pos, M]{
		probe: s.open(t),
		a:     s.key(0), b: s.key(1), c: core.Key[ID]{Kind: aggregateKind + ".other", ID: s.ID(0)},
		at: make([]core.Version[Pos], 9),
	}
	l.commit(l.a, noted{Number: 1})
	l.commit(l.b, noted{Number: 2})
	l.commit(l.a, counted{3}, noted{Number: 4})
	l.commit(l.b, counted{5})
	l.commit(l.c, noted{Number: 6}, noted{Number: 7})
	l.commit(l.a, noted{Number: 8})
	for _, e := range l.load(core.Filter[ID, Pos]{}) {
		if n := number(e.Event); n > 0 && n < 9 {
			l.at[n] = core.At(e.Position)
		}
	}
	return l
}

func (l *library[ID, Pos, M]) try(cases []filterCase[ID, Pos]) {
	l.Helper()
	for _, c := range cases {
		l.wantNumbers(c.name, l.load(c.filters...), c.want...)
	}
}

func (s *rules[ID, Pos, M]) filterByKindAndAggregate(t *testing.T) {
	type filters = []core.Filter[ID, Pos]
	l := s.library(t)
	stranger := s.key(2)
	l.try([]filterCase[ID, Pos]{
		{"everything", filters{{}}, []int64{1, 2, 3, 4, 5, 6, 7, 8}},
		{"one kind", filters{{EventKind: notedKind}}, []int64{1, 2, 4, 6, 7, 8}},
		{"another kind", filters{{EventKind: countedKind}}, []int64{3, 5}},
		{"an aggregate", filters{{Aggregate: &l.a}}, []int64{1, 3, 4, 8}},
		{"another aggregate", filters{{Aggregate: &l.b}}, []int64{2, 5}},
		{"the same id under another kind", filters{{Aggregate: &l.c}}, []int64{6, 7}},
		{"one kind of an aggregate", filters{{EventKind: notedKind, Aggregate: &l.a}}, []int64{1, 4, 8}},
		{"a kind that the aggregate does not have", filters{{EventKind: countedKind, Aggregate: &l.c}}, nil},
		{"a kind without events", filters{{EventKind: "storetest.unheard"}}, nil},
		{"a kind that begins like another", filters{{EventKind: "storetest"}}, nil},
		{"an aggregate without events", filters{{Aggregate: &stranger}}, nil},
	})
}

func (s *rules[ID, Pos, M]) filtersOverlap(t *testing.T) {
	type filters = []core.Filter[ID, Pos]
	l := s.library(t)
	l.try([]filterCase[ID, Pos]{
		{"two aggregates", filters{{Aggregate: &l.b}, {Aggregate: &l.a}}, []int64{1, 2, 3, 4, 5, 8}},
		{"two kinds", filters{{EventKind: countedKind}, {EventKind: notedKind}}, []int64{1, 2, 3, 4, 5, 6, 7, 8}},
		{"two kinds of an aggregate", filters{{EventKind: countedKind, Aggregate: &l.a}, {EventKind: notedKind, Aggregate: &l.a}}, []int64{1, 3, 4, 8}},
		{"a filter twice", filters{{EventKind: notedKind}, {EventKind: notedKind}}, []int64{1, 2, 4, 6, 7, 8}},
		{"an aggregate twice", filters{{Aggregate: &l.a}, {Aggregate: &l.a}}, []int64{1, 3, 4, 8}},
		{"an aggregate and one of its kinds", filters{{Aggregate: &l.a}, {EventKind: notedKind, Aggregate: &l.a}}, []int64{1, 3, 4, 8}},
		{"a kind and an aggregate", filters{{EventKind: notedKind}, {Aggregate: &l.a}}, []int64{1, 2, 3, 4, 6, 7, 8}},
		{"everything and an aggregate", filters{{Aggregate: &l.b}, {}}, []int64{1, 2, 3, 4, 5, 6, 7, 8}},
		{"something and nothing", filters{{EventKind: "storetest.unheard"}, {Aggregate: &l.b}}, []int64{2, 5}},
	})
}

func (s *rules[ID, Pos, M]) noFilters(t *testing.T) {
	l := s.library(t)
	l.wantNumbers("no filters", l.load())
}

func (s *rules[ID, Pos, M]) afterAndFrom(t *testing.T) {
	s.needOrder(t)
	type filters = []core.Filter[ID, Pos]
	l := s.library(t)
	l.try([]filterCase[ID, Pos]{
		{"after the first", filters{{Aggregate: &l.a, After: l.at[1]}}, []int64{3, 4, 8}},
		{"from the first", filters{{Aggregate: &l.a, From: l.at[1]}}, []int64{1, 3, 4, 8}},
		{"after an event inside a commit", filters{{Aggregate: &l.a, After: l.at[3]}}, []int64{4, 8}},
		{"from an event inside a commit", filters{{Aggregate: &l.a, From: l.at[4]}}, []int64{4, 8}},
		{"after the last", filters{{Aggregate: &l.a, After: l.at[8]}}, nil},
		{"from the last", filters{{Aggregate: &l.a, From: l.at[8]}}, []int64{8}},
		{"one kind after", filters{{EventKind: notedKind, Aggregate: &l.a, After: l.at[1]}}, []int64{4, 8}},
		{"one kind from another's position", filters{{EventKind: notedKind, Aggregate: &l.a, From: l.at[3]}}, []int64{4, 8}},
		{"after and a later from", filters{{Aggregate: &l.a, After: l.at[1], From: l.at[4]}}, []int64{4, 8}},
		{"after and an earlier from", filters{{Aggregate: &l.a, After: l.at[4], From: l.at[1]}}, []int64{8}},
		{"after and from the same", filters{{Aggregate: &l.a, After: l.at[3], From: l.at[3]}}, []int64{4, 8}},
	})
}

func (s *rules[ID, Pos, M]) boundsOverAggregates(t *testing.T) {
	type filters = []core.Filter[ID, Pos]
	l := s.library(t)
	l.needGlobal()
	l.try([]filterCase[ID, Pos]{
		{"everything after", filters{{After: l.at[4]}}, []int64{5, 6, 7, 8}},
		{"everything from", filters{{From: l.at[4]}}, []int64{4, 5, 6, 7, 8}},
		{"everything after the last", filters{{After: l.at[8]}}, nil},
		{"a kind after", filters{{EventKind: notedKind, After: l.at[2]}}, []int64{4, 6, 7, 8}},
		{"a kind from", filters{{EventKind: notedKind, From: l.at[2]}}, []int64{2, 4, 6, 7, 8}},
		{"an aggregate after an event of another", filters{{Aggregate: &l.a, After: l.at[2]}}, []int64{3, 4, 8}},
		{"an aggregate from an event of another", filters{{Aggregate: &l.a, From: l.at[5]}}, []int64{8}},
		{"an aggregate after the last event of the store", filters{{Aggregate: &l.b, After: l.at[8]}}, nil},
	})
}

func (s *rules[ID, Pos, M]) boundsPerFilter(t *testing.T) {
	type filters = []core.Filter[ID, Pos]
	l := s.library(t)
	l.needGlobal()
	l.try([]filterCase[ID, Pos]{
		{"an aggregate after, another whole", filters{{Aggregate: &l.a, After: l.at[4]}, {Aggregate: &l.b}}, []int64{2, 5, 8}},
		{"an aggregate after and from different positions", filters{{Aggregate: &l.a, After: l.at[4]}, {Aggregate: &l.a, From: l.at[3]}}, []int64{3, 4, 8}},
		{"an aggregate late, one of its kinds early", filters{{Aggregate: &l.a, After: l.at[4]}, {Aggregate: &l.a, EventKind: countedKind}}, []int64{3, 8}},
		{"a kind late, an aggregate early", filters{{EventKind: notedKind, After: l.at[6]}, {Aggregate: &l.b}}, []int64{2, 5, 7, 8}},
		{"kinds from different positions", filters{{EventKind: notedKind, From: l.at[7]}, {EventKind: countedKind, After: l.at[3]}}, []int64{5, 7, 8}},
		{"everything late, a kind early", filters{{From: l.at[7]}, {EventKind: countedKind}}, []int64{3, 5, 7, 8}},
	})
}

func (s *rules[ID, Pos, M]) boundsBeyondEnd(t *testing.T) {
	type filters = []core.Filter[ID, Pos]
	l := s.library(t)
	beyond := core.At(l.beyond())
	l.try([]filterCase[ID, Pos]{
		{"everything after", filters{{After: beyond}}, nil},
		{"everything from", filters{{From: beyond}}, nil},
		{"a kind after", filters{{EventKind: notedKind, After: beyond}}, nil},
		{"an aggregate after", filters{{Aggregate: &l.a, After: beyond}}, nil},
		{"an aggregate from", filters{{Aggregate: &l.a, From: beyond}}, nil},
		{"one kind of an aggregate after", filters{{EventKind: notedKind, Aggregate: &l.a, After: beyond}}, nil},
		{"an aggregate after, another whole", filters{{Aggregate: &l.a, After: beyond}, {Aggregate: &l.b}}, []int64{2, 5}},
	})
}
