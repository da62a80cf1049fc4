package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/suite"
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

// writers are commits by many at once, of one event and of several, to several
// aggregates and by every way there is. They call joined now and then, at the
// same time.
func (p *probe[ID, Pos, M]) writers(joined func()) error {
	const count, each = 8, 12
	return suite.Race(count, func(i int) error {
		for n := range each {
			numbers := numbered(i, n)
			var err error
			if p.atomic() && n%4 == 3 {
				_, err = p.record(p.Context(),
					core.Commit[ID, Pos, M]{Key: p.key(i % 3), Unchecked: true, Events: notes(numbers...), Metadata: p.Metadata(0)},
					core.Commit[ID, Pos, M]{Key: p.key(3), Unchecked: true, Events: []core.Event{counted{numbers[0]}}, Metadata: p.Metadata(0)},
				)
			} else {
				_, err = core.CommitEvents(p.Context(), p.store, p.key((i+n)%4), notes(numbers...), p.Metadata(0))
			}
			if err != nil {
				return err
			}
			if n%4 == i%4 {
				joined()
			}
		}
		return nil
	})
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
	_, something, _ := none.look()
	select {
	case <-something:
	case <-none.ended:
	case <-time.After(idleness):
	}
	none.stop("no filters")
	none.want("no filters")
}

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

func (s *rules[ID, Pos, M]) followTogether(t *testing.T) {
	p, key := s.open(t), s.key(0)
	p.needSubscribable()
	p.commit(key, notes(1)...)
	var followers []*follower[ID, Pos, M]
	for range 5 {
		followers = append(followers, p.follow(nil, core.Filter[ID, Pos]{}), p.follow(nil, core.Filter[ID, Pos]{Aggregate: &key}))
	}
	p.commit(key, notes(2, 3)...)
	followers[0].await(3)
	followers[0].stop("one of several")
	p.commit(key, notes(4)...)
	for _, f := range followers[1:] {
		f.want("one of several subscriptions", 1, 2, 3, 4)
	}
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

func (s *rules[ID, Pos, M]) followOwnCommits(t *testing.T) {
	p := s.open(t)
	p.needSubscribable()
	p.commit(s.key(0), notes(0)...)
	for _, filter := range []core.Filter[ID, Pos]{{}, {EventKind: notedKind}} {
		var failed error
		last := int64(len(p.load(filter)) + 5)
		ctx, cancel := context.WithTimeout(t.Context(), promptness)
		count := int64(0)
		for _, err := range p.needSubscribable().Subscribe(ctx, filter) {
			if failed = err; err != nil {
				break
			}
			if count++; count == last {
				break
			}
			if _, failed = core.CommitEvents(ctx, p.store, s.key(int(count)%3), notes(count), s.Metadata(0)); failed != nil {
				break
			}
		}
		cancel()
		if failed != nil || count != last {
			t.Errorf("a loop that commits gave %d of %d events, error %v", count, last, failed)
		}
	}
}

func (s *rules[ID, Pos, M]) followIdle(t *testing.T) {
	p, key := s.open(t), s.key(0)
	p.needSubscribable()
	p.commit(key, notes(1)...)
	all, kind, one := p.follow(nil, core.Filter[ID, Pos]{}), p.follow(nil, core.Filter[ID, Pos]{EventKind: notedKind}), p.follow(nil, core.Filter[ID, Pos]{Aggregate: &key})
	want := []int64{1}
	for n := range int64(2) {
		for _, f := range []*follower[ID, Pos, M]{all, kind, one} {
			f.want("a subscription that is idle", want...)
		}
		<-time.After(idleness)
		p.commit(key, notes(n+2)...)
		want = append(want, n+2)
	}
	for _, f := range []*follower[ID, Pos, M]{all, kind, one} {
		f.want("a subscription that was idle", want...)
		f.stop("a subscription that was idle")
	}
}
