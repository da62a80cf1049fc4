package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/jetsource/jetsource/core"
)

func (s *rules[ID, Pos, M]) nextVersions() []rule {
	return []rule{
		{Name: "the next version is that of the first event selected after a version", Check: s.nextAfter},
		{Name: "the next version keeps to the positions of its filters", Check: s.nextBounded},
		{Name: "the distance of versions is the number of events between them", Check: s.distance},
		{Name: "a question for the next version whose context has ended says so", Check: s.nextCancelled},
	}
}

// next checks which event comes next after each of the library's.
func (l *library[ID, Pos, M]) next(cases []filterCase[ID, Pos]) {
	l.Helper()
	store := l.needSubscribable()
	for _, c := range cases {
		for i := range len(l.at) {
			var want core.Version[Pos]
			for _, n := range c.want {
				if n > int64(i) {
					want = l.at[n]
					break
				}
			}
			// The version before the first event is none.
			got, err := store.NextVersion(l.Context(), l.at[i], c.filters...)
			if err != nil || got != want {
				l.Errorf("%s: the next version after event %d is %v, error %v; want %v", c.name, i, got, err, want)
			}
		}
	}
}

func (s *rules[ID, Pos, M]) nextAfter(t *testing.T) {
	type filters = []core.Filter[ID, Pos]
	l := s.library(t)
	l.needSubscribable()
	stranger := s.key(2)
	l.next([]filterCase[ID, Pos]{
		{"everything", filters{{}}, []int64{1, 2, 3, 4, 5, 6, 7, 8}},
		{"one kind", filters{{EventKind: notedKind}}, []int64{1, 2, 4, 6, 7, 8}},
		{"another kind", filters{{EventKind: countedKind}}, []int64{3, 5}},
		{"an aggregate", filters{{Aggregate: &l.b}}, []int64{2, 5}},
		{"one kind of an aggregate", filters{{EventKind: notedKind, Aggregate: &l.a}}, []int64{1, 4, 8}},
		{"two aggregates", filters{{Aggregate: &l.c}, {Aggregate: &l.b}}, []int64{2, 5, 6, 7}},
		{"a kind and an aggregate", filters{{EventKind: countedKind}, {Aggregate: &l.a}}, []int64{1, 3, 4, 5, 8}},
		{"a kind without events", filters{{EventKind: "storetest.unheard"}}, nil},
		{"an aggregate without events", filters{{Aggregate: &stranger}}, nil},
		{"no filters", nil, nil},
	})
	l.commit(l.b, counted{9})
	last := core.At(l.commit(l.b, counted{10}))
	got, err := l.needSubscribable().NextVersion(t.Context(), last, core.Filter[ID, Pos]{})
	if err != nil || !got.IsZero() {
		t.Errorf("the next version after the last event is %v, error %v; want none", got, err)
	}
}

func (s *rules[ID, Pos, M]) nextBounded(t *testing.T) {
	type filters = []core.Filter[ID, Pos]
	l := s.library(t)
	l.needSubscribable()
	l.next([]filterCase[ID, Pos]{
		{"everything after", filters{{After: l.at[4]}}, []int64{5, 6, 7, 8}},
		{"everything from", filters{{From: l.at[4]}}, []int64{4, 5, 6, 7, 8}},
		{"a kind from", filters{{EventKind: notedKind, From: l.at[3]}}, []int64{4, 6, 7, 8}},
		{"an aggregate after", filters{{Aggregate: &l.a, After: l.at[4]}}, []int64{8}},
		{"after and a later from", filters{{Aggregate: &l.a, After: l.at[1], From: l.at[4]}}, []int64{4, 8}},
		{"each filter from a position of its own", filters{{Aggregate: &l.a, After: l.at[4]}, {Aggregate: &l.a, EventKind: countedKind}}, []int64{3, 8}},
		{"a kind late, an aggregate early", filters{{EventKind: notedKind, After: l.at[6]}, {Aggregate: &l.b}}, []int64{2, 5, 7, 8}},
	})
}

func (s *rules[ID, Pos, M]) distance(t *testing.T) {
	l := s.library(t)
	store := l.needSubscribable()
	for from := range l.at {
		for to := range l.at {
			if got, want := store.Distance(l.at[from], l.at[to]), uint64(max(to-from, 0)); got != want {
				t.Errorf("the distance from event %d to event %d is %d, want %d", from, to, got, want)
			}
		}
	}
}

func (s *rules[ID, Pos, M]) nextCancelled(t *testing.T) {
	l := s.library(t)
	store := l.needSubscribable()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, filter := range []core.Filter[ID, Pos]{{}, {EventKind: notedKind}, {Aggregate: &l.a}} {
		if _, err := store.NextVersion(ctx, core.Version[Pos]{}, filter); !errors.Is(err, context.Canceled) {
			t.Errorf("got error %v, want one that matches context.Canceled", err)
		}
	}
}
