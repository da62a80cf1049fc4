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

	way   way
	costs [11]cost      // of atOnce, by the logarithm of how many there are at once
	one   time.Duration // what an event took inOne, when inTwo was tried
	tried bool          // inTwo, since grouping began
	trial trial         // of the way
	since time.Time     // when grouping began
	thins int           // how often in a row there were few
	next  time.Time     // no trial of grouping before
	wait  time.Duration
	after time.Duration // how long grouping goes on before it is looked at again
}

// way is a way of sending commits.
type way int

const (
	atOnce way = iota // each by itself
	inOne             // those that wait in one batch, when the one before has landed
	inTwo             // the same, with two batches in flight
)

// cost is what an event takes that goes by itself as one of a number; zero if
// not known.
type cost struct {
	each    time.Duration
	samples int // since the last trial began
}

// add takes note of one more. One that is slow by chance counts for no more than
// twice the others.
func (c *cost) add(each time.Duration) {
	if c.each == 0 {
		c.each = each
	}
	each = min(each, 2*c.each)
	c.samples++
	c.each += (each - c.each) / time.Duration(max(8, min(c.samples, enough)))
}

// trial compares batches with what they are instead of.
type trial struct {
	batches, events int
	took, instead   time.Duration
	passed          bool
}

const (
	// few is the number of events whose writers are not made to wait for one
	// another without need.
	few = 16
	// enough is how many samples a comparison needs, and perRound how many of those
	// that are under way at once give one: what is slow for one is slow for all.
	enough, perRound = 2 * few, 8
	// Trials that come to nothing are made less and less often, and a success is
	// looked at again, less and less often too.
	firstWait, firstReview, longestWait = time.Second, 10 * time.Second, time.Minute
)

// class is the index of the costs at a number of writers.
func class(n int) int { return min(bits.Len(uint(n))-1, 10) }

// add takes note of one more batch. What is long ago counts for less.
func (t *trial) add(n int, took, instead time.Duration) {
	if t.batches == enough {
		*t = trial{t.batches / 2, t.events / 2, t.took / 2, t.instead / 2, t.passed}
	}
	t.batches++
	t.events += n
	t.took += took
	t.instead += instead
}

// failed reports whether a way is not worth it. A single batch may be slow by
// chance: the more there are, the less is forgiven them, until there is no doubt
// any more. A way that was found good is left only if it has become much worse.
func (t *trial) failed() bool {
	if t.passed {
		return 4*t.took > 5*t.instead
	}
	n := time.Duration(t.batches)
	return 10*n*t.took > (8*n+25)*t.instead
}

// grouping reports whether commits wait for one another.
func (p *pace) grouping() bool { return p.way != atOnce }

// price returns what an event takes by itself when n are under way, or what was
// seen at the number next to that.
func (p *pace) price(n int) time.Duration {
	at := class(n)
	for i := at; i < len(p.costs); i++ {
		if c := p.costs[i].each; c > 0 {
			return c
		}
	}
	for i := at - 1; i >= 0; i-- {
		if c := p.costs[i].each; c > 0 {
			return c
		}
	}
	return 0
}

// alone takes note of how long a commit took that was sent by itself, when n
// events were under way.
func (p *pace) alone(n int, took time.Duration, now time.Time) {
	if n < few {
		return
	}
	c := &p.costs[class(n)]
	c.add(took / time.Duration(n))
	if p.grouping() || c.samples < enough || now.Before(p.next) {
		return
	}
	p.begin(now)
	for i := range p.costs {
		p.costs[i].samples = 0
	}
}

// begin begins to group.
func (p *pace) begin(now time.Time) {
	p.after = max(p.after, firstReview)
	p.way, p.trial, p.tried, p.since = inOne, trial{}, false, now
}

// together takes note of how long a batch of n events took, with how many there
// were under way at its end.
func (p *pace) together(n, underway int, took time.Duration, now time.Time) {
	if !p.grouping() || p.always && p.lanes < 2 || p.thin(underway) {
		return
	}
	instead := p.price(underway)
	if p.way == inTwo {
		instead = p.one
	}
	p.trial.add(n, took, time.Duration(n)*instead)
	switch {
	case p.way == inTwo && p.trial.failed():
		p.way, p.trial = inOne, trial{}
	case p.way == inOne && !p.always && p.trial.failed():
		p.wait = min(max(2*p.wait, firstWait), longestWait)
		p.way, p.next, p.after = atOnce, now.Add(p.wait), firstReview
	case now.Sub(p.since) > p.after:
		p.after = min(2*p.after, longestWait)
		if p.begin(now); !p.always {
			p.way = atOnce
		}
	case p.trial.batches >= enough/2:
		p.wait, p.trial.passed = 0, true
		if p.way == inOne && p.lanes > 1 && !p.tried {
			p.one = p.trial.took / time.Duration(p.trial.events)
			p.way, p.trial, p.tried = inTwo, trial{}, true
		}
	}
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
