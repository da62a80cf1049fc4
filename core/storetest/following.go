package storetest

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jetsource/jetsource/core"
)

func (s *rules[ID, Pos, M]) following() []rule {
	return []rule{
		{Name: "a subscription gives history and live events without gap or repeat", Check: s.followJoint},
		{Name: "a subscription gives what its filters select", Check: s.followFilters},
		{Name: "a subscription begins after a version or from one", Check: s.followBounds},
		{Name: "a subscription without filters gives nothing", Check: s.followNothing},
		{Name: "a subscription ends silently with its context", Check: s.followEnds},
		{Name: "a subscription whose context has ended gives nothing", Check: s.followEnded},
		{Name: "a subscription yields no event after its context has ended", Check: s.followEndsAtOnce},
		{Name: "a slow loop misses nothing", Check: s.followSlowly},
		{Name: "a subscription can be broken off and begun again", Check: s.followBrokenOff},
		{Name: "several subscriptions are given the same", Check: s.followTogether},
		{Name: "a subscription that begins beyond the end of the store is refused", Check: s.followBeyondEnd},
		{Name: "what the loop itself commits comes as well", Check: s.followOwnCommits},
		{Name: "a subscription goes on after metadata that cannot be decoded", Check: s.followUnreadable},
		{Name: "an event that comes long after history comes promptly", Check: s.followIdle},
	}
}

func (s *rules[ID, Pos, M]) followJoint(t *testing.T) {
	p, one := s.open(t), s.key(3)
	p.needSubscribable()
	for i := range 10 {
		p.commit(s.key(i%4), notes(1, 2, 3)...)
	}
	shapes := []core.Filter[ID, Pos]{{}, {EventKind: notedKind}, {Aggregate: &one}, {Aggregate: &one, EventKind: countedKind}}
	var mu sync.Mutex
	followers := make([][]*follower[ID, Pos, M], len(shapes)) // guarded by mu
	joined := func() {
		mu.Lock()
		defer mu.Unlock()
		for i, filter := range shapes {
			followers[i] = append(followers[i], p.follow(nil, filter))
		}
	}
	joined()
	if err := p.writers(joined); err != nil {
		t.Fatal(err)
	}
	// One more of each kind, so that an event that comes twice is noticed.
	p.commit(one, noted{Number: 1}, counted{2})
	for i, filter := range shapes {
		want := p.load(filter)
		for n, f := range followers[i] {
			got := f.await(len(want))
			same := slices.EqualFunc(got, want, func(e core.StoredEvent[ID, Pos, M], w recorded[ID, Pos, M]) bool {
				return e.Position == w.Position && e.Kind == w.Kind && e.Key == w.Key
			})
			if !same {
				t.Fatalf("subscription %d by filter %d gave %d events that are not the %d of the store, in order", n, i, len(got), len(want))
			}
		}
	}
}

func (s *rules[ID, Pos, M]) followNothing(t *testing.T) {
	p := s.open(t)
	none, all := p.follow(nil), p.follow(nil, core.Filter[ID, Pos]{})
	p.commit(s.key(0), notes(1, 2)...)
	all.want("everything", 1, 2)
	_, something, _ := none.current()
	select {
	case <-something:
	case <-none.ended:
	case <-time.After(idleness):
	}
	none.stop("no filters")
	none.want("no filters")
}

func (s *rules[ID, Pos, M]) followSlowly(t *testing.T) {
	p, key := s.open(t), s.key(0)
	p.needSubscribable()
	p.commit(key, notes(0)...)
	want := []int64{0}
	written := make(chan struct{})
	f := p.follow(func(core.StoredEvent[ID, Pos, M]) { <-written }, core.Filter[ID, Pos]{})
	f.await(1)
	for next := int64(1); next < 1500; {
		var commit []int64
		for range 100 {
			commit = append(commit, next)
			next++
		}
		p.commit(key, notes(commit...)...)
		want = append(want, commit...)
	}
	close(written)
	f.want("a loop that stood still while others wrote", want...)
}
