package jetstream

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// groups sends commits. One that finds nothing in flight is sent at once, by
// itself. Those that come while others are in flight may wait for their end, and
// then go together, in one batch with an expectation for each of them: a batch of
// many costs little more than a batch of one. Whether they wait, and for one batch
// or two, is for pace to say, of commits of one event and of those of several.
//
// Two commits to one aggregate never share a batch, in which both would be
// accepted, and mostly are not in flight at once: the second could only be
// refused, which is known as soon as the first has landed. Commits of one event
// that pass by while all is calm are left to the server to tell apart.
type groups struct {
	s      *stream
	flying sync.WaitGroup // flights of several commits

	calm   atomic.Bool  // nobody waits, and no commit of one event has to
	free   atomic.Int64 // commits of one event in flight that went by without a look at the rest
	landed atomic.Int64 // how many of them there were

	mu      sync.Mutex // guards what follows; it is unlocked by release
	queue   []*member
	busy    map[string]*flight // by the aggregates that are committed to
	batches int                // of several events in flight that are waited for
	aboard  int                // members of all that is in flight, but for what passed by or is late
	afloat  int                // their events
	crowd   int                // about how many there are at most, who wait included
	singles int                // commits of one event in flight that are waited for
	events  [2]int             // in flight by themselves, of commits of one event and of several
	paces   [2]pace            // of commits of one event, and of several
	rivals  rivals
	last    time.Time   // when a batch landed
	noted   int64       // of those that landed
	alarm   *time.Timer // set while somebody waits
	holding bool        // nobody departs before the queue is as long as target, or a moment has passed
	holds   int         // how often that was begun
	target  int
	inVain  int // how often in a row the moment passed, about
	skip    int // how often not to try it
}

// member is a commit that waits to be sent, or is in flight.
type member struct {
	*commit
	gone bool // nobody waits for it any more
	out  chan outcome
}

const (
	// groupBytes bounds a batch of several commits.
	groupBytes = 2 << 20
	// patience is how long a flight may take before others no longer wait for it, or
	// up to twice that.
	patience = 250 * time.Millisecond
)

func newGroups(s *stream) *groups {
	return &groups{s: s, busy: make(map[string]*flight)}
}

// adopt says whether the stream is replicated: while one batch is on its way to
// the replicas, the leader may be able to take another. Staged says whether it is
// an unreplicated one on disk, which takes its time for each batch, one after the
// other: that commits of several events go together there need not be found out.
func (g *groups) adopt(replicated, staged bool) {
	lanes := 1
	if replicated {
		lanes = 2
	}
	g.mu.Lock()
	defer g.release()
	for kind := range g.paces {
		always := g.s.cfg.Groups == GroupsAlways || staged && kind == several
		if p := &g.paces[kind]; p.lanes != lanes || p.always != always {
			*p = pace{always: always, lanes: lanes}
			if always {
				p.begin(time.Now())
			}
		}
	}
}

// The kinds of commits that have a pace.
const (
	single = iota
	several
)

func (c *commit) kind() int {
	if c.size == 1 {
		return single
	}
	return several
}

// attempt sends the commit once, by itself or with others.
func (g *groups) attempt(ctx context.Context, c *commit) outcome {
	if g.s.cfg.Groups == GroupsNever {
		return g.s.attempt(ctx, c)
	}
	if c.size == 1 && g.calm.Load() {
		return g.passBy(ctx, c)
	}
	m := &member{commit: c}
	g.mu.Lock()
	g.calm.Store(false) // before it is known for whom to wait, so that they see it
	if !g.mustWait(m) {
		f := g.board(nil, m)
		f.apart = g.goesApart(m, time.Now())
		g.launch(f)
		g.release()
		return g.lone(ctx, f)
	}
	m.out = make(chan outcome, 1)
	g.queue = append(g.queue, m)
	switch {
	case !g.holding && g.batches > 0 && g.open(m.kind()):
		g.depart()
	case g.holding && len(g.queue) >= g.target:
		g.inVain = 0
		g.letGo()
	}
	if g.alarm == nil {
		g.alarm = time.AfterFunc(patience, g.hasten)
	}
	g.release()
	select {
	case out := <-m.out:
		return g.resume(ctx, out)
	case <-ctx.Done():
	case <-g.s.inbox.life.Done():
	}
	return g.abandon(ctx, m)
}

// passBy sends a commit of one event by itself while all is calm. It takes the
// lock only if there is something to tell, for hundreds may come by at once.
func (g *groups) passBy(ctx context.Context, c *commit) outcome {
	beside, begun := int(g.free.Add(1)), time.Now()
	out := g.s.attempt(ctx, c)
	took := time.Since(begun)
	beside = (beside + int(g.free.Add(-1)) + 1) / 2 // on average
	var landed int64
	if out.verdict == written {
		landed = g.landed.Add(1)
	}
	sample := landed%few == 0
	if landed > 0 && !sample && g.calm.Load() {
		return out
	}
	g.mu.Lock()
	defer g.release()
	if sample && landed > g.noted {
		g.paces[single].alone(int(landed-g.noted), beside, took, time.Now())
		g.noted = landed
	}
	g.learn(c, out)
	g.depart()
	return out
}

// release unlocks. Lock should be held.
func (g *groups) release() {
	g.calm.Store(!g.paces[single].grouping() && len(g.queue) == 0 && g.rivals.none(time.Now()))
	g.mu.Unlock()
}

// mustWait reports whether a commit has to wait for what is in flight. Lock
// should be held.
func (g *groups) mustWait(m *member) bool {
	switch {
	case g.isBusy(m):
		return true
	case g.goesApart(m, time.Now()):
		return false
	}
	return g.holding || g.batches > 0 || !g.open(m.kind())
}

// goesApart reports whether a commit waits for nobody but those of its aggregates,
// nor do others wait for it. Lock should be held.
func (g *groups) goesApart(m *member, now time.Time) bool {
	return g.rivals.have(m.commit, now) || !g.paces[m.kind()].grouping()
}

// open reports whether a group with a commit of a kind may leave. The second of
// two batches is for a good part of the crowd, so that both are used alike. Lock
// should be held.
func (g *groups) open(kind int) bool {
	// What passed by is not answered in the worst case: it is waited for only when
	// grouping has just begun.
	passing := g.free.Load() > 0 && time.Since(g.paces[single].since) < patience
	if kind == single && (g.singles > 0 || passing) {
		return false
	}
	return g.batches == 0 || g.batches == 1 && g.inTwo() && 8*len(g.queue) >= 3*g.crowd
}

// inTwo reports whether two batches may be in flight at once. Lock should be held.
func (g *groups) inTwo() bool { return g.paces[single].way == inTwo || g.paces[several].way == inTwo }

// fair is how many of those who wait may have a batch, so that there is another
// for the rest; 0 for any number. Lock should be held.
func (g *groups) fair() int {
	free := 2 - g.batches
	if free <= 0 || !g.inTwo() {
		return 0
	}
	return max((g.crowd+1)/2, (len(g.queue)+free-1)/free)
}

// isBusy reports whether a commit to one of the aggregates is in flight. Lock
// should be held.
func (g *groups) isBusy(m *member) bool {
	return len(g.busy) > 0 && slices.ContainsFunc(m.parts, func(p *part) bool { return g.busy[p.filter] != nil })
}

// resume takes what a member waited for: an outcome, or its turn.
func (g *groups) resume(ctx context.Context, out outcome) outcome {
	if out.verdict != yourTurn {
		return out
	}
	if g.s.usable(ctx) == nil {
		return g.lone(ctx, out.flight)
	}
	g.mu.Lock()
	defer g.release()
	g.land(out.flight)
	g.depart()
	return outcome{verdict: notWritten}
}

// abandon gives up a member whose context, or store, has ended.
func (g *groups) abandon(ctx context.Context, m *member) outcome {
	g.mu.Lock()
	if i := slices.Index(g.queue, m); i >= 0 {
		g.queue = slices.Delete(g.queue, i, i+1)
		g.release()
		return outcome{verdict: notWritten}
	}
	m.gone = true
	g.release()
	select {
	case out := <-m.out:
		return g.resume(ctx, out)
	default:
		return outcome{verdict: maybeWritten}
	}
}

// depart sends those who wait and need not any longer. Lock should be held.
func (g *groups) depart() {
	if g.holding || len(g.queue) == 0 || g.s.inbox.life.Err() != nil {
		return
	}
	open := [2]bool{g.open(single), g.open(several)}
	now := time.Now()
	limit := g.fair()
	waiting := g.queue
	g.queue = nil
	var f *flight
	for _, m := range waiting {
		switch {
		case g.isBusy(m):
			g.queue = append(g.queue, m)
		case g.goesApart(m, now):
			f := g.board(nil, m)
			f.apart = true
			g.dispatch(f)
		case !open[m.kind()]:
			g.queue = append(g.queue, m)
		default:
			if f != nil && !f.fits(m) {
				g.dispatch(f)
				f = nil
			}
			if f == nil {
				f = &flight{limit: limit}
			}
			f = g.board(f, m)
		}
	}
	if f != nil {
		g.dispatch(f)
	}
}

// hasten lets those go that have waited too long for one flight.
func (g *groups) hasten() {
	g.mu.Lock()
	defer g.release()
	if len(g.queue) == 0 || g.s.inbox.life.Err() != nil {
		g.alarm = nil
		return
	}
	for _, f := range g.busy {
		if time.Since(f.begun) >= patience {
			g.land(f)
		}
	}
	g.depart()
	g.alarm = time.AfterFunc(patience, g.hasten)
}

// close waits for the end of what is in flight, once the store's life has ended.
func (g *groups) close() {
	g.mu.Lock()
	if g.alarm != nil {
		g.alarm.Stop()
	}
	g.release() // from here on nothing departs
	g.flying.Wait()
}
