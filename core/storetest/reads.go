package storetest

import (
	"testing"

	"github.com/jetsource/jetsource/core"
)

func (s *rules[ID, Pos, M]) reads() []rule {
	return []rule{
		{Name: "a read sees what was committed before it", Check: s.readsOwnWrites},
		{Name: "a read can be made again", Check: s.readAgain},
		{Name: "a read can be broken off", Check: s.readBrokenOff},
		{Name: "a read ends where the store ended when it began", Check: s.readEnds},
		{Name: "the data of an event is its reader's own", Check: s.dataIsReadersOwn},
	}
}

func (s *rules[ID, Pos, M]) readsOwnWrites(t *testing.T) {
	p := s.open(t)
	var mine, all []int64
	for i := range int64(12) {
		key := s.key(0)
		p.commit(key, notes(2*i)...)
		mine, all = append(mine, 2*i), append(all, 2*i)
		p.wantNumbers("the aggregate", p.load(core.Filter[ID, Pos]{Aggregate: &key}), mine...)
		p.commit(s.key(1), notes(2*i+1)...)
		all = append(all, 2*i+1)
		p.wantNumbers("the kind", p.load(core.Filter[ID, Pos]{EventKind: notedKind}), all...)
	}
}

func (s *rules[ID, Pos, M]) readAgain(t *testing.T) {
	p, key := s.open(t), s.key(0)
	p.commit(key, notes(1, 2)...)
	p.commit(s.key(1), notes(3)...)
	for _, filter := range []core.Filter[ID, Pos]{{}, {EventKind: notedKind}, {Aggregate: &key}} {
		events := p.store.LoadEvents(t.Context(), filter)
		var counts [2]int
		for i := range counts {
			for _, err := range events {
				if err != nil {
					t.Fatalf("loop %d over the same read: %v", i, err)
				}
				counts[i]++
			}
		}
		if counts[0] < 2 || counts[0] != counts[1] {
			t.Errorf("two loops over the same read give %d and %d events", counts[0], counts[1])
		}
	}
}

func (s *rules[ID, Pos, M]) readBrokenOff(t *testing.T) {
	p, key := s.open(t), s.key(0)
	for i := range int64(5) {
		p.commit(key, notes(2*i, 2*i+1)...)
	}
	for _, filter := range []core.Filter[ID, Pos]{{}, {EventKind: notedKind}, {Aggregate: &key}} {
		for _, err := range p.store.LoadEvents(t.Context(), filter) {
			if err != nil {
				t.Fatalf("load: %v", err)
			}
			break
		}
		p.wantNumbers("a read after one that was broken off", p.load(filter), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	}
	p.wantVersion(key, core.At(p.commit(key, notes(10)...)))
}

func (s *rules[ID, Pos, M]) readEnds(t *testing.T) {
	p, key := s.open(t), s.key(0)
	p.commit(key, notes(1, 2, 3)...)
	count := 3
	for _, filter := range []core.Filter[ID, Pos]{{}, {EventKind: notedKind}, {Aggregate: &key}} {
		seen := 0
		for _, err := range p.store.LoadEvents(t.Context(), filter) {
			if err != nil {
				t.Fatalf("load: %v", err)
			}
			// The loop writes while it reads, which must neither block nor lengthen it.
			if seen++; seen <= 3 {
				p.commit(key, notes(-1)...)
			}
			if seen > count+3 {
				break
			}
		}
		if seen != count {
			t.Errorf("the read gave %d events, but the store had %d when it began", seen, count)
		}
		count += 3
	}
}

func (s *rules[ID, Pos, M]) dataIsReadersOwn(t *testing.T) {
	p, key := s.open(t), s.key(0)
	p.commit(key, notes(1, 2, 3)...)
	for stored, err := range p.store.LoadEvents(t.Context(), core.Filter[ID, Pos]{Aggregate: &key}) {
		if err != nil {
			t.Fatalf("load: %v", err)
		}
		clear(stored.Data)
	}
	p.wantNumbers("a read after a reader changed its data", p.load(core.Filter[ID, Pos]{Aggregate: &key}), 1, 2, 3)
}
