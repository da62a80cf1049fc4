package storetest

import (
	"testing"

	"github.com/jetsource/jetsource/core"
)

func (s *rules[ID, Pos, M]) versions() []rule {
	return []rule{
		{Name: "a new aggregate has no version", Check: s.newAggregateHasNoVersion},
		{Name: "the version is the position of the last event", Check: s.versionIsLastPosition},
		{Name: "commits to other aggregates do not move a version", Check: s.versionsAreApart},
		{Name: "the same id under another kind is another aggregate", Check: s.kindsAreApart},
	}
}

func (s *rules[ID, Pos, M]) newAggregateHasNoVersion(t *testing.T) {
	p := s.open(t)
	p.wantVersion(s.key(0), core.Version[Pos]{})
	p.commit(s.key(1), notes(1)...)
	p.wantVersion(s.key(0), core.Version[Pos]{})
}

func (s *rules[ID, Pos, M]) versionIsLastPosition(t *testing.T) {
	p, key := s.open(t), s.key(0)
	for i, events := range [][]core.Event{notes(1), notes(2, 3, 4), {counted{5}}, {noted{Number: 6}, counted{7}}} {
		expected := p.version(key)
		committed, err := p.commitAt(key, expected, events...)
		if err != nil {
			t.Fatalf("commit %d at version %v: %v", i, expected, err)
		}
		p.wantVersion(key, core.At(committed))
		loaded := p.load(core.Filter[ID, Pos]{Aggregate: &key})
		if len(loaded) == 0 || loaded[len(loaded)-1].Position != committed {
			t.Fatalf("commit %d returned position %v, which is not that of the last of %d events", i, committed, len(loaded))
		}
	}
	p.wantVersion(key, core.At(p.commit(key, notes(8, 9)...)))
}

func (s *rules[ID, Pos, M]) versionsAreApart(t *testing.T) {
	p := s.open(t)
	first := p.commit(s.key(0), notes(1)...)
	second := p.commit(s.key(1), notes(2, 3)...)
	p.commit(s.key(2), notes(4)...)
	p.wantVersion(s.key(0), core.At(first))
	p.wantVersion(s.key(1), core.At(second))
}

func (s *rules[ID, Pos, M]) kindsAreApart(t *testing.T) {
	p, key := s.open(t), s.key(0)
	other := core.Key[ID]{Kind: aggregateKind + ".other", ID: key.ID}
	position := p.commit(key, notes(1)...)
	p.wantVersion(other, core.Version[Pos]{})
	if _, err := p.commitAt(other, core.Version[Pos]{}, notes(2)...); err != nil {
		t.Fatalf("create %v beside %v: %v", other, key, err)
	}
	p.wantVersion(key, core.At(position))
	p.wantNumbers("events of the first kind", p.load(core.Filter[ID, Pos]{Aggregate: &key}), 1)
	p.wantNumbers("events of the other kind", p.load(core.Filter[ID, Pos]{Aggregate: &other}), 2)
}
