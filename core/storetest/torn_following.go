package storetest

import (
	"testing"

	"github.com/jetsource/jetsource/core"
)

// A torn commit lies before what is committed later, so an event of it that a
// subscription gives comes before those that the rule waits for.
func (s *rules[ID, Pos, M]) tornFollowed(t *testing.T) {
	p, a, b := s.openTearable(t), s.key(0), s.key(1)
	p.needSubscribable()
	last := core.At(p.commit(a, notes(1, 2)...))
	cases := []struct {
		name   string
		filter core.Filter[ID, Pos]
		want   []int64
	}{
		{"everything", core.Filter[ID, Pos]{}, []int64{1, 2, 3, 4}},
		{"everything after a version", core.Filter[ID, Pos]{After: last}, []int64{3, 4}},
		{"a kind", core.Filter[ID, Pos]{EventKind: notedKind}, []int64{1, 2, 3}},
		{"another kind", core.Filter[ID, Pos]{EventKind: countedKind}, []int64{4}},
		{"an aggregate", core.Filter[ID, Pos]{Aggregate: &a}, []int64{1, 2, 4}},
		{"another aggregate", core.Filter[ID, Pos]{Aggregate: &b}, []int64{3}},
		{"a kind of an aggregate", core.Filter[ID, Pos]{Aggregate: &a, EventKind: notedKind}, []int64{1, 2}},
	}
	var followers [3][]*follower[ID, Pos, M] // begun before the torn commits, after them, at the end
	begin := func(i int) {
		for _, c := range cases {
			followers[i] = append(followers[i], p.follow(nil, c.filter))
		}
	}
	begin(0)
	followers[0][0].await(2)
	followers[0][4].await(2)
	p.tear(2, p.unchecked(a, noted{Number: -1}, counted{-2}, noted{Number: -3}))
	if p.atomic() {
		p.tear(2, p.unchecked(b, notes(-4)...), p.unchecked(a, noted{Number: -5}, counted{-6}))
	}
	p.tear(1, p.unchecked(b, counted{-7}, counted{-8}))
	begin(1)
	p.commit(b, notes(3)...)
	p.commit(a, counted{4})
	begin(2)
	for i, begun := range []string{"begun before the torn commits", "begun after them", "begun at the end"} {
		for n, c := range cases {
			followers[i][n].want(c.name+", "+begun, c.want...)
		}
	}
}

func (s *rules[ID, Pos, M]) tornOrder(t *testing.T) {
	p := s.openTearable(t)
	store := p.needGlobal()
	latest := func() Pos {
		t.Helper()
		version, err := store.LatestVersion(t.Context())
		position, ok := version.Position()
		if err != nil || !ok {
			t.Fatalf("the latest version is %v, error %v", version, err)
		}
		return position
	}
	before := p.commit(s.key(0), notes(0)...)
	var positions []Pos
	for n := range int64(4) {
		p.tear(1+int(n)%2, p.unchecked(s.key(int(n)%2), notes(-1, -2, -3)...))
		between := latest()
		if store.ComparePositions(between, before) < 0 {
			t.Errorf("the latest version went from %v to %v by a torn commit", before, between)
		}
		position := p.commit(s.key(int(n)%3), notes(n+1)...)
		if store.ComparePositions(between, position) >= 0 {
			t.Errorf("the commit after a torn one is at %v, but the store was at %v before", position, between)
		}
		if after := latest(); after != position {
			t.Errorf("the latest version is %v after a commit at %v", after, position)
		}
		before, positions = position, append(positions, position)
	}
	events := p.load(core.Filter[ID, Pos]{})
	p.wantIncreasing(events)
	p.wantNumbers("all events", events, 0, 1, 2, 3, 4)
	for i, position := range positions {
		if i+1 < len(events) && events[i+1].Position != position {
			t.Errorf("event %d is at %v, but was committed at %v", i+1, events[i+1].Position, position)
		}
	}
}
