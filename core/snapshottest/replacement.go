package snapshottest

import (
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/suite"
)

func (s *rules[ID, Pos]) replacement() []suite.Rule {
	return []suite.Rule{
		{Name: "a newer snapshot takes the place of the one before", Check: s.newer},
		{Name: "a snapshot at the same position is declined", Check: s.same},
		{Name: "an older snapshot is declined", Check: s.older},
		{Name: "an older snapshot of another store takes its place", Check: s.otherStore},
		{Name: "an older snapshot of another table takes its place", Check: s.otherTable},
		{Name: "an older snapshot takes the place of the one that it names", Check: s.named},
		{Name: "an older snapshot that names another is declined", Check: s.otherNamed},
	}
}

func (s *rules[ID, Pos]) newer(t *testing.T) {
	p := s.open(t, always)
	for i := range 5 {
		p.put(s.key(0), s.snapshot(i))
		p.want(s.key(0), s.snapshot(i))
	}
}

// replaces stores the snapshot at position 5, then offers one at position i.
func (s *rules[ID, Pos]) replaces(t *testing.T, i int, want core.SnapshotOffer, change func(*core.Snapshot[Pos])) {
	t.Helper()
	p := s.open(t, always)
	p.put(s.key(0), s.snapshot(5))
	other := s.snapshot(i)
	other.EventID = "another"
	other.State = folded{Number: -1}
	change(&other)
	p.wantOffer("the other snapshot", s.key(0), other, want)
	if want == core.Stored {
		p.want(s.key(0), other)
	} else {
		p.want(s.key(0), s.snapshot(5))
	}
}

func (s *rules[ID, Pos]) same(t *testing.T) {
	s.replaces(t, 5, core.Declined, func(*core.Snapshot[Pos]) {})
}

func (s *rules[ID, Pos]) older(t *testing.T) {
	for _, i := range []int{4, 0} {
		s.replaces(t, i, core.Declined, func(*core.Snapshot[Pos]) {})
	}
}

func (s *rules[ID, Pos]) otherStore(t *testing.T) {
	for _, id := range []string{"another store", ""} {
		s.replaces(t, 3, core.Stored, func(other *core.Snapshot[Pos]) { other.StoreID = id })
	}
}

func (s *rules[ID, Pos]) otherTable(t *testing.T) {
	for _, table := range []string{"another table", ""} {
		s.replaces(t, 3, core.Stored, func(other *core.Snapshot[Pos]) { other.Table = table })
	}
}

func (s *rules[ID, Pos]) named(t *testing.T) {
	for _, i := range []int{5, 3} {
		s.replaces(t, i, core.Stored, func(other *core.Snapshot[Pos]) { other.Replaces = s.snapshot(5).EventID })
	}
}

func (s *rules[ID, Pos]) otherNamed(t *testing.T) {
	s.replaces(t, 3, core.Declined, func(other *core.Snapshot[Pos]) { other.Replaces = s.snapshot(4).EventID })
	s.replaces(t, 3, core.Declined, func(other *core.Snapshot[Pos]) { other.Replaces = other.EventID })
	p := s.open(t, always)
	unnamed := s.snapshot(5)
	unnamed.EventID = ""
	p.put(s.key(0), unnamed)
	p.wantOffer("one that names none", s.key(0), s.snapshot(3), core.Declined)
}
