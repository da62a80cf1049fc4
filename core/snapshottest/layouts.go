package snapshottest

import (
	"errors"
	"strings"
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/suite"
)

func (s *rules[ID, Pos]) layouts() []suite.Rule {
	return []suite.Rule{
		{Name: "a state whose field was renamed is an error", Check: s.renamedField},
		{Name: "a state whose inner field was renamed is an error", Check: s.renamedInside},
		{Name: "a state of one layout comes back whatever its type is called", Check: s.sameLayout},
		{Name: "an older snapshot of another layout takes its place", Check: s.otherLayout},
	}
}

// The states of two programs.
type (
	before struct{ Number int }
	after  struct{ Total int }
	again  struct{ Number int }
)

func (s *rules[ID, Pos]) renamedField(t *testing.T) { wantOtherLayout(s, t, before{7}, new(after)) }

func (s *rules[ID, Pos]) renamedInside(t *testing.T) {
	wantOtherLayout(s, t, map[string][]before{"a": {{7}}}, new(map[string][]after))
	wantOtherLayout(s, t, struct{ In *before }{&before{7}}, new(struct{ In *after }))
}

func wantOtherLayout[ID, Pos comparable](s *rules[ID, Pos], t *testing.T, given, into any) {
	t.Helper()
	p := s.open(t, always)
	snap := s.snapshot(1)
	snap.State = given
	p.put(s.key(0), snap)
	_, ok, err := p.store.LoadSnapshot(t.Context(), s.key(0), into)
	if _, read := errors.AsType[*core.SnapshotReadError](err); ok || !read || !errors.Is(err, core.ErrSnapshotLayout) {
		t.Errorf("%+v was loaded as %+v (%t), error %v; want a core.SnapshotReadError that matches core.ErrSnapshotLayout", given, into, ok, err)
	}
}

func (s *rules[ID, Pos]) sameLayout(t *testing.T) {
	p := s.open(t, always)
	snap := s.snapshot(1)
	snap.State = before{7}
	p.put(s.key(0), snap)
	var state again
	if _, ok, err := p.store.LoadSnapshot(t.Context(), s.key(0), &state); !ok || err != nil || state.Number != 7 {
		t.Errorf("got %+v (%t), error %v; want the state that was offered", state, ok, err)
	}
}

func (s *rules[ID, Pos]) otherLayout(t *testing.T) {
	p := s.open(t, always)
	snap := s.snapshot(5)
	snap.State = before{7}
	p.put(s.key(0), snap)
	older := s.snapshot(3)
	older.State = after{8}
	p.wantOffer("an older one of another layout", s.key(0), older, core.Stored)
	var state after
	if _, ok, err := p.store.LoadSnapshot(t.Context(), s.key(0), &state); !ok || err != nil || state.Total != 8 {
		t.Errorf("got %+v (%t), error %v; want the state that was offered last", state, ok, err)
	}
}

func (s *rules[ID, Pos]) large() []suite.Rule {
	return []suite.Rule{
		{Name: "a state of megabytes is refused or comes back whole", Check: s.megabytes},
		{Name: "a reader of large states that are replaced sees one of them", Check: s.replacedLarge},
	}
}

// largeSnapshot returns the i-th snapshot, of a state with so many times 16 bytes.
func (s *rules[ID, Pos]) largeSnapshot(i, size int) core.Snapshot[Pos] {
	snap := s.snapshot(i)
	snap.State = folded{Number: i, Text: strings.Repeat("0123456789abcde"+string(rune('a'+i%26)), size)}
	return snap
}

func (s *rules[ID, Pos]) megabytes(t *testing.T) {
	p := s.open(t, always)
	key := core.SnapshotKey[ID]{Role: core.ProjectionSnapshot, Kind: "large", Singleton: true}
	for i, size := range []int{100_000, 10, 150_000, 75_000} {
		snap := s.largeSnapshot(i, size)
		offer, err := p.offer(key, snap)
		if _, refused := errors.AsType[*core.SnapshotCreateError](err); refused && offer == core.Declined {
			continue
		}
		if err != nil || offer != core.Stored {
			t.Fatalf("offer of %d bytes: got %v, error %v; want stored, or a core.SnapshotCreateError", 16*size, offer, err)
		}
		p.want(key, snap)
	}
}

func (s *rules[ID, Pos]) replacedLarge(t *testing.T) {
	const count = 8
	p := s.open(t, always)
	key := core.SnapshotKey[ID]{Role: core.ProjectionSnapshot, Kind: "large", Singleton: true}
	stop, watched := make(chan struct{}), make(chan error, 1)
	go func() { watched <- p.watch(key, count, stop) }()
	for i := range count {
		offer, err := p.offer(key, s.largeSnapshot(i, 70_000))
		if _, refused := errors.AsType[*core.SnapshotCreateError](err); err != nil && !refused {
			t.Errorf("offer: got %v, error %v", offer, err)
		}
	}
	close(stop)
	if err := <-watched; err != nil {
		t.Error(err)
	}
}
