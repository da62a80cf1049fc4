package storetest

import (
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/suite"
)

// moves lets many move an entry key by what they last saw of it, and records
// which of them won which version. What is committed beside the entry of a racer
// is up to beside, and may be nil.
func (p *probe[ID, Pos, M]) moves(l *ledger[Pos], beside func(racer int, numbers []int64) core.Commit[ID, Pos, M]) error {
	store := p.needSystem()
	return suite.Race(racers, func(i int) error {
		for n := range 2 {
			numbers := numbered(i, n)
			var commits []core.Commit[ID, Pos, M]
			if beside != nil {
				commits = append(commits, beside(i, numbers))
			}
			err := untilWon(func() error {
				last, ok, err := store.LastEntry(p.Context(), ledgerKey)
				if err != nil {
					return err
				}
				var expected core.Version[Pos]
				if ok {
					expected = core.At(last.Position)
				}
				positions, err := p.record(p.Context(), append([]core.Commit[ID, Pos, M]{p.checked(ledgerKey, expected, numbers[0])}, commits...)...)
				if err != nil {
					return err
				}
				return l.add(expected, win[Pos]{positions[0], numbers})
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// wantMoved checks that the ledger's wins follow one another, and that the key
// has an entry for each. It returns the numbers in their order.
func (p *probe[ID, Pos, M]) wantMoved(l *ledger[Pos]) []int64 {
	p.Helper()
	var version core.Version[Pos]
	var entries, all []int64
	for range l.wins {
		w, ok := l.wins[version]
		if !ok {
			p.Fatalf("entries were acknowledged on versions that the key was never at")
		}
		entries, all = append(entries, w.numbers[0]), append(all, w.numbers...)
		version = core.At(w.position)
	}
	p.wantEntries(ledgerKey, entries...)
	return all
}

func (s *rules[ID, Pos, M]) entriesRace(t *testing.T) {
	p := s.open(t)
	var l ledger[Pos]
	if err := p.moves(&l, nil); err != nil {
		t.Fatal(err)
	}
	p.wantMoved(&l)
}

func (s *rules[ID, Pos, M]) entriesRaceWithCommits(t *testing.T) {
	p := s.open(t)
	var l ledger[Pos]
	err := p.moves(&l, func(racer int, numbers []int64) core.Commit[ID, Pos, M] {
		return core.Commit[ID, Pos, M]{Key: s.key(racer % 2), Unchecked: true, Events: notes(numbers...), Metadata: s.Metadata(0)}
	})
	if err != nil {
		t.Fatal(err)
	}
	p.wantNumbers("what was committed beside the key", p.load(core.Filter[ID, Pos]{}), p.wantMoved(&l)...)
}
