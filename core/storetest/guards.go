package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/suite"
)

func (s *rules[ID, Pos, M]) guards() []rule {
	return []rule{
		{Name: "a guard that holds records nothing of its own", Check: s.guardHolds},
		{Name: "a guard that is broken writes nothing and says which", Check: s.guardIsBroken},
		{Name: "guards alone are refused", Check: s.guardsAlone},
		{Name: "a guard and a commit of one aggregate are refused together", Check: s.guardSameAggregate},
		{Name: "a guard holds beside system entries", Check: s.guardBesideEntries},
		{Name: "of two that guard what the other writes one wins", Check: s.guardsRace},
	}
}

// guard returns the guard of an aggregate at a version.
func (s *rules[ID, Pos, M]) guard(i int, expected core.Version[Pos]) core.Commit[ID, Pos, M] {
	return core.Commit[ID, Pos, M]{Key: s.key(i), Expected: expected}
}

func (s *rules[ID, Pos, M]) guardHolds(t *testing.T) {
	p := s.open(t)
	p.needAtomic()
	at := p.commit(s.key(8), notes(1)...)
	commits := append(p.together(2), s.guard(8, core.At(at)), s.guard(9, core.Version[Pos]{}))
	answers, err := p.store.Commit(t.Context(), commits...)
	if err != nil {
		t.Fatalf("commit with two guards that hold: %v", err)
	}
	if len(answers) != 4 || answers[2].Position != at || answers[2].Events != nil || answers[3].Events != nil {
		t.Errorf("the guards are answered with %+v, want the position that they expect and no events", answers[2:])
	}
	p.wantVersion(s.key(8), core.At(at))
	p.wantVersion(s.key(9), core.Version[Pos]{})
	p.wantNumbers("all events", p.load(core.Filter[ID, Pos]{}), 1, 0, 10, 11)
	p.commit(s.key(9), notes(2)...) // a guard does not stand in the way of later commits
	if _, err := p.commitAt(s.key(8), core.At(at), notes(3)...); err != nil {
		t.Errorf("commit at the version that was guarded: %v", err)
	}
}

func (s *rules[ID, Pos, M]) guardIsBroken(t *testing.T) {
	s.needOrder(t)
	p := s.open(t)
	p.needAtomic()
	old := core.At(p.commit(s.key(8), notes(1)...))
	now := core.At(p.commit(s.key(8), notes(2)...))
	for _, broken := range []struct {
		name             string
		guard            core.Commit[ID, Pos, M]
		expected, actual core.Version[Pos]
	}{
		{"a guard of an older version", s.guard(8, old), old, now},
		{"a guard of an aggregate without events", s.guard(8, core.Version[Pos]{}), core.Version[Pos]{}, now},
		{"a guard of a version that there is not", s.guard(9, now), now, core.Version[Pos]{}},
	} {
		for index := range 3 { // wherever it stands
			commits := p.together(2)
			commits = append(commits[:index:index], append([]core.Commit[ID, Pos, M]{broken.guard}, commits[index:]...)...)
			p.wantConflict(broken.name, p.refusesAll(commits, index), broken.expected, broken.actual)
		}
	}
}

func (s *rules[ID, Pos, M]) guardsAlone(t *testing.T) {
	p := s.open(t)
	p.needAtomic()
	at := core.At(p.commit(s.key(0), notes(1)...))
	for _, commits := range [][]core.Commit[ID, Pos, M]{
		{s.guard(0, at)},
		{s.guard(0, at), s.guard(1, core.Version[Pos]{})},
	} {
		if err := p.refusesAll(commits, 0); !errors.Is(err, core.ErrNoEvents) {
			t.Errorf("%d guards: got error %v, want one that matches core.ErrNoEvents", len(commits), err)
		}
	}
}

func (s *rules[ID, Pos, M]) guardSameAggregate(t *testing.T) {
	p := s.open(t)
	p.needAtomic()
	commits := append(p.together(2), s.guard(1, core.Version[Pos]{}))
	if err := p.refusesAll(commits, 2); !errors.Is(err, core.ErrSameAggregate) {
		t.Errorf("got error %v, want one that matches core.ErrSameAggregate", err)
	}
}

func (s *rules[ID, Pos, M]) guardBesideEntries(t *testing.T) {
	p := s.open(t)
	p.needSystem()
	at := core.At(p.commit(s.key(0), notes(1)...))
	entry := p.checked(ledgerKey, core.Version[Pos]{}, 5)
	if _, err := p.record(t.Context(), entry, s.guard(0, core.Version[Pos]{})); !errors.Is(err, core.ErrConflict) {
		t.Errorf("an entry with a guard that is broken: got error %v, want a conflict", err)
	}
	p.wantEntries(ledgerKey)
	if _, err := p.record(t.Context(), entry, s.guard(0, at)); err != nil {
		t.Fatalf("an entry with a guard that holds: %v", err)
	}
	p.wantEntries(ledgerKey, 5)
}

// guardsRace lets many decide on two aggregates and write to one of them: of two
// decisions on the same versions one is refused, though they write to different ones.
func (s *rules[ID, Pos, M]) guardsRace(t *testing.T) {
	s.needOrder(t)
	p := s.open(t)
	p.needAtomic()
	var mu sync.Mutex
	won := make(map[[2]core.Version[Pos]]int) // by the versions that were decided on
	err := suite.Race(4*racers, func(i int) error {
		return untilWon(func() error {
			var read [2]core.Version[Pos]
			for k := range read {
				var err error
				if read[k], err = p.store.Version(t.Context(), s.key(k)); err != nil {
					return err
				}
			}
			write := core.Commit[ID, Pos, M]{Key: s.key(i % 2), Expected: read[i%2], Events: notes(int64(i)), Metadata: s.Metadata(0)}
			if _, err := p.store.Commit(t.Context(), write, s.guard(1-i%2, read[1-i%2])); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			if won[read]++; won[read] > 1 {
				return fmt.Errorf("two decisions on the versions %v were recorded", read)
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}
