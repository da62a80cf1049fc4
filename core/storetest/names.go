package storetest

import (
	"errors"
	"slices"
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/suite"
)

func (s *rules[ID, Pos, M]) names() []rule {
	return []rule{
		{Name: "a hostile event kind is kept apart or refused", Check: s.hostileEventKinds},
		{Name: "a hostile aggregate kind is kept apart or refused", Check: s.hostileAggregateKinds},
		{Name: "a hostile id is kept apart or refused", Check: s.hostileIDs},
		{Name: "kinds that are empty or reserved are refused", Check: s.reservedKinds},
	}
}

// naming is a place where a store takes a name.
type naming[ID, Pos comparable] struct {
	key   func(name string) core.Key[ID]
	event func(name string, number int64) core.Event
	// filters select, each on its own, the events of a name.
	filters func(name string) []core.Filter[ID, Pos]
}

func (s *rules[ID, Pos, M]) hostileEventKinds(t *testing.T) {
	key := s.key(0)
	s.keptApart(t, suite.Hostile, naming[ID, Pos]{
		key:   func(string) core.Key[ID] { return key },
		event: func(name string, number int64) core.Event { return kinded{name, number} },
		filters: func(name string) []core.Filter[ID, Pos] {
			return []core.Filter[ID, Pos]{{EventKind: name}, {EventKind: name, Aggregate: &key}}
		},
	})
}

func (s *rules[ID, Pos, M]) hostileAggregateKinds(t *testing.T) {
	s.hostileKeys(t, suite.Hostile, func(name string) core.Key[ID] { return core.Key[ID]{Kind: name, ID: s.ID(0)} })
}

func (s *rules[ID, Pos, M]) hostileIDs(t *testing.T) {
	if s.TextID == nil {
		t.Skip("the harness has no TextID, so no hostile ids are tried")
	}
	names := append([]string{"", "_", "_INBOX", "_INBOX.>"}, suite.Hostile...)
	s.hostileKeys(t, names, func(name string) core.Key[ID] { return core.Key[ID]{Kind: aggregateKind, ID: s.TextID(name)} })
}

func (s *rules[ID, Pos, M]) hostileKeys(t *testing.T, names []string, key func(name string) core.Key[ID]) {
	t.Helper()
	s.keptApart(t, names, naming[ID, Pos]{
		key:   key,
		event: func(_ string, number int64) core.Event { return noted{Number: number} },
		filters: func(name string) []core.Filter[ID, Pos] {
			key := key(name)
			return []core.Filter[ID, Pos]{{Aggregate: &key}, {Aggregate: &key, EventKind: notedKind}}
		},
	})
}

// keptApart commits an event under each of the names, then looks whether each is
// found under its own name, and nothing under the names that were refused.
func (s *rules[ID, Pos, M]) keptApart(t *testing.T, names []string, n naming[ID, Pos]) {
	t.Helper()
	p := s.open(t)
	accepted := make(map[int64]bool)
	for i, name := range names {
		number := int64(i)
		position, err := core.CommitEvents(t.Context(), p.store, n.key(name), []core.Event{n.event(name, number)}, s.Metadata(0))
		switch {
		case err == nil:
			accepted[number] = true
			p.wantVersion(n.key(name), core.At(position))
		case !errors.Is(err, core.ErrName):
			t.Errorf("%.20q is refused with %v, which does not match core.ErrName", name, err)
		}
	}
	for i, name := range names {
		p.wantFound(n, name, int64(i), accepted[int64(i)])
	}
	var want []int64
	for i := range int64(len(names)) {
		if accepted[i] {
			want = append(want, i)
		}
	}
	events := p.load(core.Filter[ID, Pos]{})
	p.wantNumbers("all events", events, want...)
	for _, e := range events {
		if !accepted[number(e.Event)] {
			continue // wantNumbers told so
		}
		name := names[number(e.Event)]
		if e.Key != n.key(name) || e.Kind != n.event(name, 0).EventKind() {
			t.Errorf("the event under %.20q came back as %.40q of %.40q", name, e.Kind, e.Key)
		}
	}
}

// wantFound checks what is found under a name: its own event, which makes its
// aggregate one that exists, or nothing.
func (p *probe[ID, Pos, M]) wantFound(n naming[ID, Pos], name string, number int64, accepted bool) {
	p.Helper()
	for _, filter := range n.filters(name) {
		events, err := p.tryLoad(p.Context(), filter)
		got := numbers(events)
		switch {
		case accepted && (err != nil || !slices.Equal(got, []int64{number})):
			p.Errorf("under %.20q: got events %v, error %v; want event %d", name, got, err, number)
		case !accepted && (len(got) > 0 || err != nil && !errors.Is(err, core.ErrName)):
			p.Errorf("under %.20q, which was refused: got events %v, error %v", name, got, err)
		}
	}
	if accepted {
		_, err := p.commitAt(n.key(name), core.Version[Pos]{}, n.event(name, -1))
		if !errors.Is(err, core.ErrConflict) {
			p.Errorf("create %.20q again: got error %v, want a conflict", name, err)
		}
	}
}

func (s *rules[ID, Pos, M]) reservedKinds(t *testing.T) {
	p := s.open(t)
	for _, kind := range []string{"", "_", "_checkpoint", "_reactor.x"} {
		for _, way := range p.ways() {
			p.writesNothing(way.name, func() {
				err := way.commit(t.Context(), core.Key[ID]{Kind: kind, ID: s.ID(0)}, notes(-1)...)
				if !errors.Is(err, core.ErrName) {
					t.Errorf("%s to aggregate kind %q: got error %v, want one that matches core.ErrName", way.name, kind, err)
				}
				err = way.commit(t.Context(), s.key(0), noted{Number: -1}, kinded{kind, -2})
				fault, ok := errors.AsType[*core.EncodeError](err)
				if !ok || fault.Index != 1 || !errors.Is(err, core.ErrName) {
					t.Errorf("%s of event kind %q: got error %v, want a core.EncodeError of index 1 that matches core.ErrName", way.name, kind, err)
				}
			})
		}
	}
}
