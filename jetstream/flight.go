package jetstream

import (
	"context"
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
	apart   bool // nobody waits for it but those of its aggregates
}

// limitWith is how many members a flight may have once it has taken another; 0 for
// any number.
func (f *flight) limitWith(m *member) int {
	if f.limit == 0 || m.share == 0 {
		return f.limit + m.share
	}
	return min(f.limit, m.share)
}

// fits reports whether a flight can take another member.
func (f *flight) fits(m *member) bool {
	limit := f.limitWith(m)
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
	f.limit = f.limitWith(m)
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

// land takes note that nobody needs to wait for a flight any more. Lock should
// be held.
func (g *groups) land(f *flight) {
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
	g.aboard += by * len(f.members)
	g.afloat += by * f.size
	switch {
	case f.apart:
	case f.size > 1:
		g.batches += by
	default:
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
	defer g.release()
	pace := &g.paces[c.kind()]
	if pace.grouping() {
		pace.thin(g.waiting() + f.size)
	}
	if now := time.Now(); out.verdict == written {
		pace.alone(f.size, f.beside, now.Sub(f.begun), now)
	}
	g.land(f)
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
	landed := time.Now()
	var at []uint64
	if out.verdict == conflicting {
		at = g.s.versions(ctx, all.parts)
	}
	g.mu.Lock()
	g.crowd = max(15*g.crowd/16, g.aboard+len(g.queue))
	underway := g.afloat + g.waiting()
	g.land(f)
	if out.verdict == written {
		g.keepPace(f, underway, landed)
		g.settle(f, out, at)
		g.learn(all, out)
	} else {
		g.settle(f, out, at)
	}
	if out.verdict != written || !g.hold(len(f.members), min(landed.Sub(f.begun), patience)) {
		g.depart()
	}
	g.release()
}

// keepPace tells the paces how long it was until a flight was written: since the
// one before it was, unless that is more than half as long again as the flight
// took. Underway is how many events were, those that waited included. Lock should be
// held.
func (g *groups) keepPace(f *flight, underway int, landed time.Time) {
	took, since := landed.Sub(f.begun), landed.Sub(g.last)
	if since < took+took/2 {
		took = since
	}
	g.last = landed
	for kind := range g.paces {
		if slices.ContainsFunc(f.members, func(m *member) bool { return m.kind() == kind }) {
			g.paces[kind].together(f.size, underway, took, landed)
		}
	}
}

// hold lets those who wait wait a moment longer, for those who were told that
// their commit has landed: if they have another one at once, it had better go
// with this flight than wait for it. The moment is prolonged while they come, up
// to about a quarter of what a flight takes. Where they do not come it is tried less
// and less often. Lock should be held.
func (g *groups) hold(told int, took time.Duration) bool {
	if told < few/4 || g.batches > 0 {
		return false
	}
	if g.skip > 0 {
		g.skip--
		return false
	}
	waiting := len(g.queue)
	target := waiting + told
	if fair := g.fair(); fair > 0 {
		target = min(target, fair)
	}
	if waiting >= target {
		return false
	}
	g.holding, g.target, g.holds = true, target, g.holds+1
	own, begun := g.holds, time.Now()
	moment := min(max(took/16, 200*time.Microsecond), time.Millisecond)
	g.flying.Go(func() {
		for before := waiting; ; {
			_ = sleep(context.Background(), moment, g.s.inbox.life.Done())
			g.mu.Lock()
			if !g.holding || g.holds != own {
				g.release()
				return // they are gone
			}
			now := len(g.queue)
			if now == before || time.Since(begun) > took/4 {
				break
			}
			before = now
			g.release()
		}
		if len(g.queue)-waiting < told/4 {
			g.inVain = min(2*g.inVain+1, 63)
			g.skip = g.inVain
		}
		g.letGo()
		g.release()
	})
	return true
}

// letGo ends the time in which everybody is held. Lock should be held.
func (g *groups) letGo() {
	g.holding = false
	g.depart()
}
