package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/suite"
)

func (s *rules[ID, Pos, M]) followEnds(t *testing.T) {
	p, key := s.open(t), s.key(0)
	p.needSubscribable()
	for _, filter := range []core.Filter[ID, Pos]{{}, {EventKind: notedKind}, {Aggregate: &key}, {EventKind: "storetest.unheard"}} {
		p.follow(nil, filter).stop("just begun")
	}
	p.commit(key, notes(1, 2, 3)...)
	for _, filter := range []core.Filter[ID, Pos]{{}, {EventKind: notedKind}, {Aggregate: &key}} {
		idle := p.follow(nil, filter)
		idle.want("history", 1, 2, 3)
		idle.stop("idle")

		var inside *follower[ID, Pos, M]
		begun := make(chan struct{})
		inside = p.follow(func(core.StoredEvent[ID, Pos, M]) {
			<-begun
			inside.cancel()
		}, filter)
		close(begun)
		inside.stop("ended from inside the loop")
	}
}

func (s *rules[ID, Pos, M]) followEndsAtOnce(t *testing.T) {
	p, key := s.open(t), s.key(0)
	store := p.needSubscribable()
	for range 100 {
		p.commit(key, notes(1, 2, 3)...)
	}
	for _, filter := range []core.Filter[ID, Pos]{{}, {Aggregate: &key}, {EventKind: notedKind}} {
		ctx, cancel := context.WithCancel(t.Context())
		if late := lateEvents(cancel, store.Subscribe(ctx, filter)); late > 0 {
			t.Errorf("Subscribe to %+v yields %d events after its context has ended", filter, late)
		}
	}
}

func (s *rules[ID, Pos, M]) followEnded(t *testing.T) {
	p := s.open(t)
	store := p.needSubscribable()
	p.commit(s.key(0), notes(1, 2, 3)...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for stored, err := range store.Subscribe(ctx, core.Filter[ID, Pos]{}) {
		t.Fatalf("got the event at %v, error %v", stored.Position, err)
	}
}

func (s *rules[ID, Pos, M]) followBrokenOff(t *testing.T) {
	p, key := s.open(t), s.key(0)
	store := p.needSubscribable()
	p.commit(key, notes(1, 2, 3)...)
	ctx, cancel := context.WithTimeout(t.Context(), 3*promptness)
	defer cancel()
	events := store.Subscribe(ctx, core.Filter[ID, Pos]{})
	until := time.Time{}
	left := suite.Goroutines(ctx, func(context.Context) {
		for range 30 {
			var got []Pos
			for stored, err := range events {
				if err != nil {
					t.Fatalf("subscribe again: %v", err)
				}
				if got = append(got, stored.Position); len(got) == 2 {
					break
				}
			}
			if all := p.load(core.Filter[ID, Pos]{}); len(got) < 2 || got[0] != all[0].Position || got[1] != all[1].Position {
				t.Fatalf("a loop gave the events at %v, which are not the first two", got)
			}
		}
		until = time.Now().Add(promptness)
	}, func(int) bool { return time.Now().After(until) })
	if left > 0 {
		t.Fatalf("30 loops that were broken off left %d goroutines", left)
	}
	p.commit(key, notes(4)...)
	p.follow(nil, core.Filter[ID, Pos]{}).want("after those that were broken off", 1, 2, 3, 4)
}

func (s *rules[ID, Pos, M]) followBeyondEnd(t *testing.T) {
	l := s.library(t)
	store := l.needSubscribable()
	beyond := core.At(l.beyond())
	type filters = []core.Filter[ID, Pos]
	for name, filters := range map[string]filters{
		"everything after":              {{After: beyond}},
		"everything from":               {{From: beyond}},
		"a kind after":                  {{EventKind: notedKind, After: beyond}},
		"an aggregate after":            {{Aggregate: &l.a, After: beyond}},
		"one kind of an aggregate from": {{Aggregate: &l.a, EventKind: notedKind, From: beyond}},
		"one of two filters":            {{Aggregate: &l.a}, {EventKind: countedKind, After: beyond}},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), promptness)
		var failed error
		for _, err := range store.Subscribe(ctx, filters...) {
			if failed = err; err == nil {
				break
			}
		}
		cancel()
		if !errors.Is(failed, core.ErrBeyondEnd) {
			t.Errorf("%s a position beyond the end: got error %v, want core.ErrBeyondEnd", name, failed)
		}
	}
	end := l.at[8]
	ctx, cancel := context.WithTimeout(t.Context(), idleness/2)
	defer cancel()
	for stored, err := range store.Subscribe(ctx, core.Filter[ID, Pos]{After: end}) {
		t.Errorf("everything after the last event: got the event at %v, error %v; want nothing", stored.Position, err)
	}
	after, from := l.follow(nil, core.Filter[ID, Pos]{After: end}), l.follow(nil, core.Filter[ID, Pos]{From: end})
	from.await(1)
	l.commit(l.b, notes(9)...)
	after.want("everything after the last event", 9)
	from.want("everything from the last event", 8, 9)
}
