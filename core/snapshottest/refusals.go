package snapshottest

import (
	"errors"
	"reflect"
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/suite"
)

func (s *rules[ID, Pos]) refusals() []suite.Rule {
	return []suite.Rule{
		{Name: "an error of create is returned, and nothing is stored", Check: s.createFails},
		{Name: "a state that cannot be encoded is an error, and nothing is stored", Check: s.unencodableState},
		{Name: "a state with hidden fields is an error or comes back whole", Check: s.hiddenFields},
		{Name: "a state that would come back as another is an error or comes back as it was", Check: s.changedStates},
	}
}

var errCreate = errors.New("cannot be had")

func (s *rules[ID, Pos]) createFails(t *testing.T) {
	p := s.open(t, always)
	fails := func() (core.Snapshot[Pos], error) { return s.snapshot(5), errCreate }
	refuse := func() {
		t.Helper()
		offer, err := p.store.OfferSnapshot(t.Context(), s.key(0), core.SnapshotAge{Events: 1}, fails)
		_, ok := errors.AsType[*core.SnapshotCreateError](err)
		if !ok || !errors.Is(err, errCreate) || offer != core.Declined {
			t.Errorf("got %v, error %v; want declined, and the error of create in a core.SnapshotCreateError", offer, err)
		}
	}
	refuse()
	p.wantNone(s.key(0))
	p.put(s.key(0), s.snapshot(1))
	refuse()
	p.want(s.key(0), s.snapshot(1))
}

func (s *rules[ID, Pos]) unencodableState(t *testing.T) {
	p := s.open(t, always)
	p.put(s.key(1), s.snapshot(1))
	for i := range 2 {
		snap := s.snapshot(2)
		snap.State = struct{ Channel chan int }{make(chan int)}
		offer, err := p.offer(s.key(i), snap)
		if _, ok := errors.AsType[*core.SnapshotCreateError](err); !ok || offer != core.Declined {
			t.Errorf("got %v, error %v; want declined, and a core.SnapshotCreateError", offer, err)
		}
	}
	p.wantNone(s.key(0))
	p.want(s.key(1), s.snapshot(1))
}

// hiding is a state that most encodings see a part of.
type hiding struct {
	Seen   int
	hidden int
}

func (s *rules[ID, Pos]) hiddenFields(t *testing.T) {
	wantSame(s.open(t, always), hiding{1, 2})
}

// The states that most encodings read as another one, without an error.
type (
	omitting struct {
		Items map[string]int `json:",omitempty" msgpack:",omitempty"`
	}
	holding struct{ Held any }
	sharing struct{ First, Second *folded }
)

func (s *rules[ID, Pos]) changedStates(t *testing.T) {
	wantSame(s.open(t, always), omitting{map[string]int{}})
	wantSame(s.open(t, always), holding{folded{Number: 1}})
	one := &folded{Number: 1}
	p := s.open(t, always)
	if state, ok := wantSame(p, sharing{one, one}); ok && state.First != state.Second {
		t.Error("two pointers to one struct came back as pointers to two")
	}
	wantSame(s.open(t, always), omitting{map[string]int{"a": 1}})
}

// wantSame offers a state, which must be refused or come back as it is. It returns
// what came back, if anything did.
func wantSame[S any, ID, Pos comparable](p *probe[ID, Pos], given S) (state S, ok bool) {
	p.Helper()
	snap := p.snapshot(1)
	snap.State = given
	offer, err := p.offer(p.key(0), snap)
	if err != nil {
		if _, ok := errors.AsType[*core.SnapshotCreateError](err); !ok || offer != core.Declined {
			p.Errorf("got %v, error %v; want declined, and a core.SnapshotCreateError", offer, err)
		}
		p.wantNone(p.key(0))
		return state, false
	}
	_, ok, err = p.store.LoadSnapshot(p.Context(), p.key(0), &state)
	if ok = ok && err == nil; ok && !reflect.DeepEqual(state, given) {
		p.Errorf("%#v came back as %#v", given, state)
	}
	return state, ok
}
