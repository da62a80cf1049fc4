package storetest

import (
	"testing"

	"github.com/jetsource/jetsource/core"
)

func (s *rules[ID, Pos, M]) identityAndOrder() []rule {
	return []rule{
		{Name: "positions increase over all aggregates", Check: s.positionsIncrease},
		{Name: "positions compare as the events come", Check: s.positionsCompare},
		{Name: "the latest version is that of the last event of any aggregate", Check: s.latestVersion},
		{Name: "a store has an id that stays", Check: s.storeIDStays},
		{Name: "two stores have different ids", Check: s.storeIDsDiffer},
	}
}

func (s *rules[ID, Pos, M]) positionsIncrease(t *testing.T) {
	p := s.open(t)
	store := p.needGlobal()
	var last core.Version[Pos]
	for i := range int64(12) {
		position := p.commit(s.key(int(i%3)), notes(2*i, 2*i+1)...)
		if before, ok := last.Position(); ok && store.ComparePositions(before, position) >= 0 {
			t.Errorf("position %v came after %v, but does not compare so", position, before)
		}
		last = core.At(position)
	}
	events := p.load(core.Filter[ID, Pos]{})
	p.wantIncreasing(events)
	for i, n := range numbers(events) {
		if n != int64(i) {
			t.Fatalf("event %d of the store is number %d", i, n)
		}
	}
}

func (s *rules[ID, Pos, M]) positionsCompare(t *testing.T) {
	p := s.open(t)
	store := p.needGlobal()
	for i := range 6 {
		p.commit(s.key(i%2), notes(1, 2)...)
	}
	events := p.load(core.Filter[ID, Pos]{})
	for i, a := range events {
		for j, b := range events {
			got := store.ComparePositions(a.Position, b.Position)
			if (i < j) != (got < 0) || (i == j) != (got == 0) {
				t.Errorf("ComparePositions(%v, %v) is %d for events %d and %d", a.Position, b.Position, got, i, j)
			}
		}
	}
}

func (s *rules[ID, Pos, M]) latestVersion(t *testing.T) {
	p := s.open(t)
	store := p.needGlobal()
	var want core.Version[Pos]
	for i := range 6 {
		got, err := store.LatestVersion(t.Context())
		if err != nil || got != want {
			t.Fatalf("after %d commits the latest version is %v, %v; want %v", i, got, err, want)
		}
		want = core.At(p.commit(core.Key[ID]{Kind: aggregateKind, ID: s.ID(i % 3)}, notes(1, 2)...))
	}
}

func (p *probe[ID, Pos, M]) needIdentified() core.IdentifiedStore[ID, Pos, M] {
	p.Helper()
	store, ok := p.store.(core.IdentifiedStore[ID, Pos, M])
	if !ok {
		p.Skip("this store is not a core.IdentifiedStore")
	}
	return store
}

func (s *rules[ID, Pos, M]) storeIDStays(t *testing.T) {
	p := s.open(t)
	store := p.needIdentified()
	before := store.StoreID()
	p.commit(s.key(0), notes(1)...)
	if after := store.StoreID(); before == "" || after != before {
		t.Errorf("the store's id was %q and is %q", before, after)
	}
}

func (s *rules[ID, Pos, M]) storeIDsDiffer(t *testing.T) {
	one, other := s.open(t).needIdentified(), s.open(t).needIdentified()
	if one.StoreID() == other.StoreID() {
		t.Errorf("both stores have the id %q", one.StoreID())
	}
}
