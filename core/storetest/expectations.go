package storetest

import (
	"testing"

	"github.com/jetsource/jetsource/core"
)

func (s *rules[ID, Pos, M]) expectations() []rule {
	return []rule{
		{Name: "the zero version expects a new aggregate", Check: s.zeroExpectsNew},
		{Name: "the exact version is accepted, commit after commit", Check: s.exactVersionAccepted},
		{Name: "an older version conflicts", Check: s.olderConflicts},
		{Name: "a newer version conflicts", Check: s.newerConflicts},
		{Name: "a version beyond the end of the store conflicts", Check: s.beyondConflicts},
		{Name: "a version conflicts on an aggregate without events", Check: s.versionOfNothingConflicts},
		{Name: "an unchecked commit takes any version", Check: s.uncheckedTakesAny},
	}
}

// refuses checks that a commit at the expected version is a conflict that leaves
// no trace.
func (p *probe[ID, Pos, M]) refuses(what string, key core.Key[ID], expected core.Version[Pos]) {
	p.Helper()
	actual := p.version(key)
	p.writesNothing(what, func() {
		_, err := p.commitAt(key, expected, notes(-1, -2)...)
		p.wantConflict(what, err, expected, actual)
	})
	p.wantVersion(key, actual)
}

func (s *rules[ID, Pos, M]) zeroExpectsNew(t *testing.T) {
	p, key := s.open(t), s.key(0)
	p.commit(s.key(1), notes(1)...)
	if _, err := p.commitAt(key, core.Version[Pos]{}, notes(2, 3)...); err != nil {
		t.Fatalf("create an aggregate: %v", err)
	}
	p.refuses("create it again", key, core.Version[Pos]{})
	p.wantNumbers("its events", p.load(core.Filter[ID, Pos]{Aggregate: &key}), 2, 3)
}

func (s *rules[ID, Pos, M]) exactVersionAccepted(t *testing.T) {
	p, key := s.open(t), s.key(0)
	version := core.At(p.commit(key, notes(0)...))
	for i := range int64(5) {
		p.commit(s.key(1), notes(-1)...)
		position, err := p.commitAt(key, version, notes(i+1)...)
		if err != nil {
			t.Fatalf("commit at the exact version %v: %v", version, err)
		}
		version = core.At(position)
	}
	p.wantNumbers("its events", p.load(core.Filter[ID, Pos]{Aggregate: &key}), 0, 1, 2, 3, 4, 5)
}

func (s *rules[ID, Pos, M]) olderConflicts(t *testing.T) {
	s.needOrder(t)
	p, key := s.open(t), s.key(0)
	first := p.commit(key, notes(1)...)
	second := p.commit(key, notes(2, 3)...)
	p.commit(key, counted{4})
	p.refuses("a commit at the first version", key, core.At(first))
	p.refuses("a commit at the second version", key, core.At(second))
	for _, e := range p.load(core.Filter[ID, Pos]{Aggregate: &key}) {
		if e.Commit.Index < e.Commit.Count-1 {
			p.refuses("a commit at a position inside a commit", key, core.At(e.Position))
		}
	}
}

func (s *rules[ID, Pos, M]) newerConflicts(t *testing.T) {
	s.needOrder(t)
	p, key := s.open(t), s.key(0)
	p.commit(key, notes(1)...)
	newer := p.commit(s.key(1), notes(2, 3)...)
	p.refuses("a commit at the position of another aggregate's later event", key, core.At(newer))
}

func (s *rules[ID, Pos, M]) beyondConflicts(t *testing.T) {
	p, key := s.open(t), s.key(0)
	p.commit(key, notes(1)...)
	beyond := p.beyond()
	p.refuses("a commit at a position beyond the end", key, core.At(beyond))
	p.refuses("a commit at a position beyond the end", s.key(1), core.At(beyond))
}

// beyond returns a position after the last of the store: that of a longer store.
// Where there is no such thing, the rule is skipped.
func (p *probe[ID, Pos, M]) beyond() Pos {
	p.Helper()
	store := p.needGlobal()
	longer, position := p.open(p.T), *new(Pos)
	for i := range 3 {
		position = longer.commit(p.key(i), notes(1, 2, 3, 4, 5, 6, 7, 8)...)
	}
	latest, err := store.LatestVersion(p.Context())
	if err != nil {
		p.Fatalf("latest version: %v", err)
	}
	if last, ok := latest.Position(); ok && store.ComparePositions(position, last) <= 0 {
		p.Skip("a longer store of this kind has no later positions")
	}
	return position
}

func (s *rules[ID, Pos, M]) versionOfNothingConflicts(t *testing.T) {
	p := s.open(t)
	position := p.commit(s.key(1), notes(1)...)
	p.refuses("a commit to an aggregate without events", s.key(0), core.At(position))
}

func (s *rules[ID, Pos, M]) uncheckedTakesAny(t *testing.T) {
	p, key := s.open(t), s.key(0)
	p.wantVersion(key, core.At(p.commit(key, notes(1)...)))
	p.commit(s.key(1), notes(-1)...)
	p.wantVersion(key, core.At(p.commit(key, notes(2)...)))
	p.wantVersion(key, core.At(p.commit(key, notes(3, 4)...)))
	p.wantNumbers("its events", p.load(core.Filter[ID, Pos]{Aggregate: &key}), 1, 2, 3, 4)
}
