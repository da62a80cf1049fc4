package storetest

import (
	"testing"

	"github.com/jetsource/jetsource/core"
)

func (s *snapshotSuite[ID, Pos]) replacement() []rule {
	return []rule{
		{"a newer snapshot takes the place of the one before", s.newer},
		{"a snapshot at the same position is declined", s.same},
		{"an older snapshot is declined", s.older},
		{"an older snapshot of another store takes its place", s.otherStore},
		{"an older snapshot of another table takes its place", s.otherTable},
		{"an older snapshot takes the place of the one that it names", s.named},
		{"an older snapshot that names another is declined", s.otherNamed},
	}
}

func (s *snapshotSuite[ID, Pos]) newer(t *testing.T) {
	p := s.open(t, always)
	for i := range 5 {
		p.put(s.key(0), s.snapshot(i))
		p.want(s.key(0), s.snapshot(i))
	}
}

// replaces stores the snapshot at position 5, then offers one at position i.
func (s *snapshotSuite[ID, Pos]) replaces(t *testing.T, i int, want core.SnapshotOffer, change func(*core.Snapshot[Pos])) {
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

func (s *snapshotSuite[ID, Pos]) same(t *testing.T) {
	s.replaces(t, 5, core.Declined, func(*core.Snapshot[Pos]) {})
}

func (s *snapshotSuite[ID, Pos]) older(t *testing.T) {
	for _, i := range []int{4, 0} {
		s.replaces(t, i, core.Declined, func(*core.Snapshot[Pos]) {})
	}
}

func (s *snapshotSuite[ID, Pos]) otherStore(t *testing.T) {
	for _, id := range []string{"another store", ""} {
		s.replaces(t, 3, core.Stored, func(other *core.Snapshot[Pos]) { other.StoreID = id })
	}
}

func (s *snapshotSuite[ID, Pos]) otherTable(t *testing.T) {
	for _, table := range []string{"another table", ""} {
		s.replaces(t, 3, core.Stored, func(other *core.Snapshot[Pos]) { other.Table = table })
	}
}

func (s *snapshotSuite[ID, Pos]) named(t *testing.T) {
	for _, i := range []int{5, 3} {
		s.replaces(t, i, core.Stored, func(other *core.Snapshot[Pos]) { other.Replaces = s.snapshot(5).EventID })
	}
}

func (s *snapshotSuite[ID, Pos]) otherNamed(t *testing.T) {
	s.replaces(t, 3, core.Declined, func(other *core.Snapshot[Pos]) { other.Replaces = s.snapshot(4).EventID })
	s.replaces(t, 3, core.Declined, func(other *core.Snapshot[Pos]) { other.Replaces = other.EventID })
	p := s.open(t, always)
	unnamed := s.snapshot(5)
	unnamed.EventID = ""
	p.put(s.key(0), unnamed)
	p.wantOffer("one that names none", s.key(0), s.snapshot(3), core.Declined)
}
