package storetest

import (
	"errors"
	"strings"
	"testing"

	"github.com/jetsource/jetsource/core"
)

func (s *rules[ID, Pos, M]) commits() []rule {
	return []rule{
		{Name: "events of an aggregate come in the order of their commits", Check: s.eventsKeepOrder},
		{Name: "a commit of no events is refused", Check: s.noEventsRefused},
		{Name: "an event that cannot be encoded is named by its index and nothing is written", Check: s.unencodableNamed},
		{Name: "a nil event is named by its index and nothing is written", Check: s.nilEventNamed},
		{Name: "what events hold comes back as it was", Check: s.payloadsComeBack},
	}
}

func (s *rules[ID, Pos, M]) eventsKeepOrder(t *testing.T) {
	p := s.open(t)
	var next int64
	want := make([][]int64, 2)
	for _, size := range []int{1, 2, 1, 5, 3, 17} {
		for k := range want {
			var commit []int64
			for range size {
				commit = append(commit, next)
				next++
			}
			p.commit(s.key(k), notes(commit...)...)
			want[k] = append(want[k], commit...)
		}
	}
	for k := range want {
		key := s.key(k)
		events := p.load(core.Filter[ID, Pos]{Aggregate: &key})
		p.wantNumbers("events of one aggregate", events, want[k]...)
		p.wantIncreasing(events)
	}
}

// wantIncreasing checks that the positions of events increase, as far as the
// store tells an order.
func (p *probe[ID, Pos, M]) wantIncreasing(events []recorded[ID, Pos, M]) {
	p.Helper()
	seen := make(map[Pos]bool)
	store, global := p.store.(core.GloballyOrderedStore[ID, Pos, M])
	for i, e := range events {
		if p.ordered() && seen[e.Position] {
			p.Errorf("two events are at position %v", e.Position)
		}
		seen[e.Position] = true
		if global && i > 0 && store.ComparePositions(events[i-1].Position, e.Position) >= 0 {
			p.Errorf("the event at position %v comes after the one at %v", e.Position, events[i-1].Position)
		}
	}
}

func (s *rules[ID, Pos, M]) noEventsRefused(t *testing.T) {
	p := s.open(t)
	for _, way := range p.ways() {
		p.writesNothing(way.name, func() {
			if err := way.commit(t.Context(), s.key(0)); !errors.Is(err, core.ErrNoEvents) {
				t.Errorf("%s of no events: got error %v, want core.ErrNoEvents", way.name, err)
			}
		})
	}
	p.wantVersion(s.key(0), core.Version[Pos]{})
}

func (s *rules[ID, Pos, M]) unencodableNamed(t *testing.T) {
	bad := unencodable{make(chan int)}
	p := s.open(t)
	p.commit(s.key(1), notes(1)...)
	for _, way := range p.ways() {
		p.wantEncodeError(way, 0, bad.EventKind(), bad)
		p.wantEncodeError(way, 1, bad.EventKind(), noted{Number: -1}, bad, noted{Number: -2})
		p.wantEncodeError(way, 2, bad.EventKind(), noted{Number: -1}, counted{-2}, bad)
	}
}

func (s *rules[ID, Pos, M]) nilEventNamed(t *testing.T) {
	p := s.open(t)
	p.commit(s.key(1), notes(1)...)
	for _, way := range p.ways() {
		p.wantEncodeError(way, 0, "", nil, noted{Number: -1})
		p.wantEncodeError(way, 1, "", noted{Number: -1}, nil, noted{Number: -2})
		p.wantEncodeError(way, 1, "", noted{Number: -1}, (*noted)(nil), noted{Number: -2})
	}
}

// wantEncodeError checks that events cannot be committed because of the one at
// index.
func (p *probe[ID, Pos, M]) wantEncodeError(w way[ID], index int, kind string, events ...core.Event) {
	p.Helper()
	key := p.key(0)
	p.writesNothing(w.name, func() {
		err := w.commit(p.Context(), key, events...)
		fault, ok := errors.AsType[*core.EncodeError](err)
		switch {
		case !ok:
			p.Errorf("%s with a bad event at index %d: got error %v, want a core.EncodeError", w.name, index, err)
		case fault.Index != index || fault.Kind != kind:
			p.Errorf("%s with a bad event: the error is of index %d and kind %q, want %d and %q", w.name, fault.Index, fault.Kind, index, kind)
		}
	})
	p.wantVersion(key, core.Version[Pos]{})
}

func (s *rules[ID, Pos, M]) payloadsComeBack(t *testing.T) {
	p, key := s.open(t), s.key(0)
	texts := []string{
		"", " ", `"quoted" \ and 'quoted'`, "line\r\nline\n", "tab\t and NUL \x00 and DEL \x7f", "<&>",
		"é e\u0301 \u202e \u2028 \ufeff 漢字 🙂", "null", "{}", strings.Repeat("long ", 4000),
	}
	var events []core.Event
	for i, text := range texts {
		events = append(events, noted{Number: 1<<62 + int64(i), Text: text})
	}
	p.commit(key, events...)
	loaded := p.load(core.Filter[ID, Pos]{Aggregate: &key})
	if len(loaded) != len(events) {
		t.Fatalf("got %d events, want %d", len(loaded), len(events))
	}
	for i, e := range loaded {
		if e.Event != events[i] {
			t.Errorf("event %d came back as %.100q, want %.100q", i, e.Event, events[i])
		}
	}
}
