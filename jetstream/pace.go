package jetstream

import (
	"math/bits"
	"time"
)

// pace finds out what way of sending commits is the fastest. That depends on what
// an ack costs the server, which a client cannot know: on a disk that is synced or
// not, on replicas, on the network. So it tries, and compares how long its batches
// took with how long their events would have taken the other way, at a like number
// of events under way.
type pace struct {
	always bool // not atOnce in any case
	lanes  int  // how many batches may be in flight at once

	way    way
	costs  [11]time.Duration // of an event atOnce, by the logarithm of how many there are; 0 if not known
	window window            // in which that is found out
	best   way               // of those that were tried since grouping began
	least  time.Duration     // what an event took that way; 0 for atOnce
	trial  trial             // of the way
	since  time.Time         // when grouping began
	thins  int               // how often in a row there were few
	next   time.Time         // no trial of grouping before
	wait   time.Duration
	after  time.Duration // how long grouping goes on before it is looked at again
}

// way is a way of sending commits.
type way int

const (
	atOnce way = iota // each by itself
	inOne             // those that wait in one batch, when the one before has landed
	inTwo             // the same, with two batches in flight
)

// window is a time in which events landed one after the other.
type window struct {
	begun, last time.Time
	landed      int // events
	underway    int // the sum for each that landed
}

// trial compares batches with what they are instead of.
type trial struct {
	batches, events int // batches is negative before the first that counts
	took, instead   time.Duration
	over            bool // the way is the best
}

const (
	// few is the number of events whose writers are not made to wait for one
	// another without need.
	few = 16
	// enoughTime is how long what goes by itself is watched at least, and for
	// enoughRounds of all that are under way, to be compared with. A trial takes half
	// of it.
	enoughTime, enoughRounds = 150 * time.Millisecond, 2
	// stake is how much time a trial may lose before it is given up, and memory how
	// long a time is remembered of what is found good.
	stake, memory = 25 * time.Millisecond, 400 * time.Millisecond
	// Trials that come to nothing are made less and less often, and a success is
	// looked at again, less and less often too.
	firstWait, firstReview, longestWait = time.Second, 4 * time.Second, time.Minute
)

// newTrial returns one in which the first two batches do not count: they are in
// the wake of what was sent the other way.
func newTrial() trial { return trial{batches: -2} }

// class is the index of the costs at a number of writers.
func class(n int) int { return min(bits.Len(uint(n))-1, 10) }

// add takes note of one more batch. What is long ago counts for less.
func (t *trial) add(n int, took, instead time.Duration) {
	if t.over && t.took > memory && t.batches >= 2*few {
		*t = trial{t.batches / 2, t.events / 2, t.took / 2, t.instead / 2, true}
	}
	if t.batches++; t.batches <= 0 {
		return
	}
	t.events += n
	t.took += took
	t.instead += instead
}

// enough reports whether it is known what there was to find out.
func (t *trial) enough() bool { return t.batches >= few && t.took > enoughTime/2 }

// failed reports whether a way is not worth it. Some time may be lost by chance,
// until it is known. The best way is left only if it has become much worse.
func (t *trial) failed() bool {
	switch {
	case t.over:
		return t.enough() && 4*t.took > 5*t.instead
	case t.enough():
		return 20*t.took > 19*t.instead
	default:
		return t.took > t.instead+stake
	}
}

// grouping reports whether commits wait for one another.
func (p *pace) grouping() bool { return p.way != atOnce }

// price returns what an event takes by itself when n are under way, or what was
// seen at the number next to that.
func (p *pace) price(n int) time.Duration {
	at := class(n)
	for i := at; i < len(p.costs); i++ {
		if p.costs[i] > 0 {
			return p.costs[i]
		}
	}
	for i := at - 1; i >= 0; i-- {
		if p.costs[i] > 0 {
			return p.costs[i]
		}
	}
	return 0
}

// alone takes note of events that have landed by themselves, since it was called
// before, with how many there were under way, and how long the last of them took.
func (p *pace) alone(landed, underway int, took time.Duration, now time.Time) {
	w := &p.window
	if p.grouping() || w.begun.IsZero() {
		*w = window{begun: now, last: now}
		return
	}
	if idle := now.Sub(w.last); idle > 2*took { // it does not count, nor what landed at its end
		w.begun, w.last = w.begun.Add(idle), now
		return
	}
	w.last, w.landed, w.underway = now, w.landed+landed, w.underway+landed*underway
	lasted := now.Sub(w.begun)
	if lasted < enoughTime || w.landed < enoughRounds*underway {
		return
	}
	n, each := w.underway/w.landed, lasted/time.Duration(w.landed)
	*w = window{begun: now, last: now}
	if n < few {
		return
	}
	first := p.costs[class(n)] == 0
	p.costs[class(n)] = each
	if !first && !now.Before(p.next) { // what comes first is often slow
		p.begin(now)
	}
}

// begin begins to group. Of two ways to do that, the one with more in flight is
// tried first.
func (p *pace) begin(now time.Time) {
	p.after = max(p.after, firstReview)
	p.best, p.least, p.since = atOnce, 0, now
	p.try(way(p.lanes))
}

// try goes on in another way.
func (p *pace) try(w way) { p.way, p.trial = w, newTrial() }

// together takes note of how long a batch of n events took, with how many there
// were under way at its end.
func (p *pace) together(n, underway int, took time.Duration, now time.Time) {
	if !p.grouping() || p.always && p.lanes < 2 || p.thin(underway) {
		return
	}
	instead := p.least
	if p.best == atOnce || p.trial.over {
		instead = p.price(underway)
	}
	p.trial.add(n, took, time.Duration(n)*instead)
	failed := p.trial.failed() && (instead > 0 || !p.always)
	switch {
	case p.trial.over && failed:
		p.giveUp(now)
	case p.trial.over && now.Sub(p.since) > p.after:
		p.after = min(2*p.after, longestWait)
		if p.begin(now); !p.always {
			p.way = atOnce
		}
	case !p.trial.over && failed:
		p.settle(now)
	case !p.trial.over && p.trial.enough():
		p.best, p.least = p.way, p.trial.took/time.Duration(p.trial.events)
		p.settle(now)
	}
}

// settle tries what is left to try, and keeps to the best in the end.
func (p *pace) settle(now time.Time) {
	switch {
	case p.way == inTwo:
		p.try(inOne)
	case p.best == atOnce && !p.always:
		p.giveUp(now)
	default:
		if p.best != atOnce && p.best != p.way {
			p.try(p.best)
		}
		p.trial.over, p.wait = true, 0
	}
}

// giveUp ends grouping for a while.
func (p *pace) giveUp(now time.Time) {
	p.wait = min(max(2*p.wait, firstWait), longestWait)
	p.way, p.next, p.after = atOnce, now.Add(p.wait), firstReview
}

// thin reports whether n events under way are few, and ends the waiting if there
// have been few for a while.
func (p *pace) thin(n int) bool {
	if n >= few {
		p.thins = 0
		return false
	}
	if p.thins++; p.thins >= few && !p.always {
		p.way, p.thins = atOnce, 0
	}
	return true
}
