package storetest

import (
	"testing"

	"github.com/jetsource/jetsource/core"
)

// again commits the events of the library once more, under numbers that are 10
// larger each time.
func (l *library[ID, Pos, M]) again(round int64) {
	n := 10 * round
	l.commit(l.a, noted{Number: n + 1})
	l.commit(l.b, noted{Number: n + 2})
	l.commit(l.a, counted{n + 3}, noted{Number: n + 4})
	l.commit(l.b, counted{n + 5})
	l.commit(l.c, noted{Number: n + 6}, noted{Number: n + 7})
	l.commit(l.a, noted{Number: n + 8})
}

// followAll subscribes to each of the cases. What a case wants of the library it
// wants of each repetition, too; all is what it wants where nothing is bounded.
func (l *library[ID, Pos, M]) followAll(cases []filterCase[ID, Pos], all [][]int64) {
	l.Helper()
	followers := make([]*follower[ID, Pos, M], len(cases))
	for i, c := range cases {
		followers[i] = l.follow(nil, c.filters...)
	}
	for round := range int64(2) {
		l.again(round + 1)
	}
	for i, c := range cases {
		want := c.want
		for round := range int64(2) {
			for _, n := range all[i] {
				want = append(want, 10*(round+1)+n)
			}
		}
		followers[i].want(c.name, want...)
	}
}

func (s *rules[ID, Pos, M]) followFilters(t *testing.T) {
	type filters = []core.Filter[ID, Pos]
	l := s.library(t)
	l.needSubscribable()
	cases := []filterCase[ID, Pos]{
		{"everything", filters{{}}, []int64{1, 2, 3, 4, 5, 6, 7, 8}},
		{"one kind", filters{{EventKind: notedKind}}, []int64{1, 2, 4, 6, 7, 8}},
		{"another kind", filters{{EventKind: countedKind}}, []int64{3, 5}},
		{"an aggregate", filters{{Aggregate: &l.a}}, []int64{1, 3, 4, 8}},
		{"the same id under another kind", filters{{Aggregate: &l.c}}, []int64{6, 7}},
		{"one kind of an aggregate", filters{{EventKind: notedKind, Aggregate: &l.a}}, []int64{1, 4, 8}},
		{"two aggregates", filters{{Aggregate: &l.b}, {Aggregate: &l.a}}, []int64{1, 2, 3, 4, 5, 8}},
		{"two kinds", filters{{EventKind: countedKind}, {EventKind: notedKind}}, []int64{1, 2, 3, 4, 5, 6, 7, 8}},
		{"a filter twice", filters{{EventKind: notedKind}, {EventKind: notedKind}}, []int64{1, 2, 4, 6, 7, 8}},
		{"an aggregate and one of its kinds", filters{{Aggregate: &l.a}, {EventKind: notedKind, Aggregate: &l.a}}, []int64{1, 3, 4, 8}},
		{"a kind and an aggregate", filters{{EventKind: countedKind}, {Aggregate: &l.a}}, []int64{1, 3, 4, 5, 8}},
		{"kinds of two aggregates", filters{{EventKind: countedKind, Aggregate: &l.b}, {EventKind: notedKind, Aggregate: &l.c}}, []int64{5, 6, 7}},
		{"everything and an aggregate", filters{{Aggregate: &l.b}, {}}, []int64{1, 2, 3, 4, 5, 6, 7, 8}},
		{"something and nothing", filters{{EventKind: "storetest.unheard"}, {Aggregate: &l.b}}, []int64{2, 5}},
	}
	all := make([][]int64, len(cases))
	for i, c := range cases {
		all[i] = c.want
	}
	l.followAll(cases, all)
}

func (s *rules[ID, Pos, M]) followBounds(t *testing.T) {
	type filters = []core.Filter[ID, Pos]
	l := s.library(t)
	l.needSubscribable()
	every, ofNoted, ofA := []int64{1, 2, 3, 4, 5, 6, 7, 8}, []int64{1, 2, 4, 6, 7, 8}, []int64{1, 3, 4, 8}
	l.followAll([]filterCase[ID, Pos]{
		{"everything after", filters{{After: l.at[4]}}, []int64{5, 6, 7, 8}},
		{"everything from", filters{{From: l.at[4]}}, []int64{4, 5, 6, 7, 8}},
		{"everything after an event inside a commit", filters{{After: l.at[3]}}, []int64{4, 5, 6, 7, 8}},
		{"everything after the last", filters{{After: l.at[8]}}, nil},
		{"a kind after", filters{{EventKind: notedKind, After: l.at[2]}}, []int64{4, 6, 7, 8}},
		{"a kind from another's position", filters{{EventKind: notedKind, From: l.at[5]}}, []int64{6, 7, 8}},
		{"an aggregate after an event of another", filters{{Aggregate: &l.a, After: l.at[2]}}, []int64{3, 4, 8}},
		{"an aggregate from", filters{{Aggregate: &l.a, From: l.at[4]}}, []int64{4, 8}},
		{"an aggregate after the last of the store", filters{{Aggregate: &l.a, After: l.at[8]}}, nil},
		{"after and a later from", filters{{Aggregate: &l.a, After: l.at[1], From: l.at[4]}}, []int64{4, 8}},
		{"each filter from a position of its own", filters{{Aggregate: &l.a, After: l.at[4]}, {Aggregate: &l.a, EventKind: countedKind}}, []int64{3, 8}},
		{"a kind late, an aggregate early", filters{{EventKind: notedKind, After: l.at[6]}, {Aggregate: &l.a}}, []int64{1, 3, 4, 7, 8}},
	}, [][]int64{every, every, every, every, ofNoted, ofNoted, ofA, ofA, ofA, ofA, ofA, {1, 2, 3, 4, 6, 7, 8}})
}
