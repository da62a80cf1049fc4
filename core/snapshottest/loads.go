package snapshottest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/suite"
)

func (s *rules[ID, Pos]) loads() []suite.Rule {
	return []suite.Rule{
		{Name: "a key without a snapshot has none, and the state is left alone", Check: s.none},
		{Name: "a snapshot comes back as it was offered", Check: s.roundTrip},
		{Name: "a thousand commands come back in order", Check: s.commands},
		{Name: "a large state comes back", Check: s.largeState},
		{Name: "what is loaded is its reader's own", Check: s.readersOwn},
		{Name: "what was offered may change afterwards", Check: s.offerersOwn},
		{Name: "a state of another type is an error", Check: s.otherType},
	}
}

func (s *rules[ID, Pos]) none(t *testing.T) {
	p := s.open(t, always)
	p.wantNone(s.key(0))
	p.put(s.key(1), s.snapshot(1))
	p.wantNone(s.key(0))
}

func (s *rules[ID, Pos]) roundTrip(t *testing.T) {
	p := s.open(t, always)
	snap := s.snapshot(1)
	snap.EventID, snap.StoreID, snap.Table, snap.Replaces = "commit/0", "store é", "ab\x00cd", "another"
	p.put(s.key(0), snap)
	p.want(s.key(0), snap)
	p.put(s.key(1), core.Snapshot[Pos]{Position: s.Position(0), State: folded{}})
	p.want(s.key(1), core.Snapshot[Pos]{Position: s.Position(0), State: folded{}})
}

func (s *rules[ID, Pos]) commands(t *testing.T) {
	p := s.open(t, always)
	for n, count := range []int{1, 1000} {
		snap := s.snapshot(1000)
		for i := range count {
			snap.Commands = append(snap.Commands, core.ProcessedCommand[Pos]{ID: fmt.Sprintf("command %d é\x00", i), Position: s.Position(i)})
		}
		p.put(s.key(n), snap)
		p.want(s.key(n), snap)
	}
}

func (s *rules[ID, Pos]) largeState(t *testing.T) {
	p := s.open(t, always)
	snap := s.snapshot(1)
	snap.State = folded{Text: strings.Repeat("0123456789abcdef", 10<<10)}
	p.put(s.key(0), snap)
	p.want(s.key(0), snap)
}

func (s *rules[ID, Pos]) readersOwn(t *testing.T) {
	p := s.open(t, always)
	snap := s.snapshot(1)
	snap.Commands = []core.ProcessedCommand[Pos]{{ID: "a", Position: s.Position(0)}}
	p.put(s.key(0), snap)
	p.want(s.key(0), snap)
	for range 2 {
		got, state, ok, err := p.load(t.Context(), s.key(0))
		if err != nil || !ok {
			t.Fatalf("load: got none, error %v", err)
		}
		got.Commands[0].ID = "changed by its reader"
		state.Tags["a"], state.List[0] = "changed by its reader", -1
		p.want(s.key(0), snap)
	}
}

func (s *rules[ID, Pos]) offerersOwn(t *testing.T) {
	p := s.open(t, always)
	snap := s.snapshot(1)
	snap.Commands = []core.ProcessedCommand[Pos]{{ID: "a", Position: s.Position(0)}}
	p.put(s.key(0), snap)
	state := snap.State.(folded)
	state.Tags["a"], state.List[0] = "changed by its writer", -1
	snap.Commands[0].ID = "changed by its writer"
	want := s.snapshot(1)
	want.Commands = []core.ProcessedCommand[Pos]{{ID: "a", Position: s.Position(0)}}
	p.want(s.key(0), want)
}

func (s *rules[ID, Pos]) otherType(t *testing.T) {
	p := s.open(t, always)
	p.put(s.key(0), s.snapshot(1))
	p.want(s.key(0), s.snapshot(1))
	var state struct{ Tags int }
	snap, ok, err := p.store.LoadSnapshot(t.Context(), s.key(0), &state)
	if _, is := errors.AsType[*core.SnapshotReadError](err); !is {
		t.Errorf("the state was loaded into another type: got %v (%t), error %v; want a core.SnapshotReadError", snap, ok, err)
	}
}
