package jetstream

import (
	"context"
	"runtime"
	"slices"
	"time"
)

// flight is one commit, or several of different aggregates, that are sent at
// once and not answered yet.
type flight struct {
	members []*member
	size    int // events
	bytes   int
	limit   int // of members; 0 for none

	begun   time.Time
	beside  int  // events in flight by themselves when it began, its own included
	counted bool // others wait for it
}

// fits reports whether a flight can take another member.
func (f *flight) fits(m *member) bool {
	limit := f.limit
	if m.share > 0 && (limit == 0 || m.share < limit) {
		limit = m.share
	}
	return f.size+m.size <= maxCommit && f.bytes+m.bytes() <= groupBytes && (limit == 0 || len(f.members) < limit)
}

// board adds a member to a flight, a new one if it is nil. Lock should be held.
func (g *groups) board(f *flight, m *member) *flight {
	if f == nil {
		f = &flight{}
	}
	f.members = append(f.members, m)
	f.size += m.size
	f.bytes += m.bytes()
	if m.share > 0 && (f.limit == 0 || m.share < f.limit) {
		f.limit = m.share
	}
	for _, p := range m.parts {
		g.busy[p.filter] = f
	}
	return f
}

// launch takes note that a flight begins. Lock should be held.
func (g *groups) launch(f *flight) *flight {
	f.begun, f.counted = time.Now(), true
	g.count(f, 1)
	f.beside = g.events[f.members[0].kind()]
	return f
}

// dispatch launches a flight of those who waited. Lock should be held.
func (g *groups) dispatch(f *flight) {
	g.launch(f)
	if len(f.members) > 1 {
		g.flying.Go(func() { g.fly(f) })
		return
	}
	// Its own goroutine sends it, under its own context.
	f.members[0].out <- outcome{verdict: yourTurn, flight: f}
}

// landed takes note that nobody needs to wait for a flight any more. Lock should
// be held.
func (g *groups) landed(f *flight) {
	if !f.counted {
		return
	}
	f.counted = false
	for _, m := range f.members {
		for _, p := range m.parts {
			if g.busy[p.filter] == f {
				delete(g.busy, p.filter)
			}
		}
	}
	g.count(f, -1)
}

// count adds a flight to what is under way, or takes it away. Lock should be
// held.
func (g *groups) count(f *flight, by int) {
	if f.size > 1 {
		g.batches += by
	} else {
		g.singles += by
	}
	if len(f.members) == 1 {
		g.events[f.members[0].kind()] += by * f.size
	}
}

// waiting is how many events wait. Lock should be held.
func (g *groups) waiting() (n int) {
	for _, m := range g.queue {
		n += m.size
	}
	return n
}

// lone sends a flight of one.
func (g *groups) lone(ctx context.Context, f *flight) outcome {
	c := f.members[0].commit
	out := g.s.attempt(ctx, c)
	g.mu.Lock()
	defer g.mu.Unlock()
	pace := &g.paces[c.kind()]
	if pace.grouping {
		pace.thin(g.waiting() + f.size)
	}
	if now := time.Now(); out.verdict == written {
		pace.alone(f.beside, now.Sub(f.begun), now)
	}
	g.landed(f)
	g.learn(c, out)
	g.depart()
	return out
}

// fly sends a flight of several, and tells each member what became of it.
func (g *groups) fly(f *flight) {
	all := &commit{id: f.members[0].id}
	for _, m := range f.members {
		all.parts = append(all.parts, m.parts...)
		all.size += m.size
	}
	// No member's context ends what is sent for all of them.
	ctx := context.Background()
	out := g.s.attempt(ctx, all)
	took := time.Since(f.begun)
	var at []uint64
	if out.verdict == conflicting {
		at = g.s.versions(ctx, all.parts)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if out.verdict == written {
		for kind := range g.paces {
			if slices.ContainsFunc(f.members, func(m *member) bool { return m.kind() == kind }) {
				g.paces[kind].together(f.size, took, time.Now())
			}
		}
	}
	g.landed(f)
	g.settle(f, out, at)
	if out.verdict == written {
		g.learn(all, out)
	}
	// Those who were told may have another commit at once, for the next flight.
	g.mu.Unlock()
	runtime.Gosched()
	g.mu.Lock()
	g.depart()
}
