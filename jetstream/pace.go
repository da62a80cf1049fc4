package jetstream

import (
	"math/bits"
	"time"
)

// pace finds out whether commits are faster each by itself, or together in
// batches. That depends on what an ack costs the server, which a client cannot
// know: on a disk that is synced or not, on replicas, on the network. So it
// tries, and compares what an event takes by either way, at a like number of
// events under way.
type pace struct {
	always   bool // they go together in any case
	grouping bool // they go together

	costs [11]cost  // by the logarithm of how many there are at once
	since time.Time // when grouping began
	thins int       // how often in a row there were few
	next  time.Time // no trial before
	wait  time.Duration
}

// cost is what an event takes if it is one of a number; zero if not known.
type cost struct {
	alone, together time.Duration
	samples         int // of alone, since it was last needed
}

const (
	// few is the number of events whose writers are not made to wait for one
	// another without need.
	few = 16
	// enough is how many samples a comparison needs.
	enough = 2 * few
	// Trials that come to nothing are made less and less often, and a success is
	// looked at again.
	firstWait, longestWait, review = time.Second, time.Minute, 10 * time.Second
)

// class is the index of the costs at a number of writers.
func class(n int) int { return min(bits.Len(uint(n))-1, 10) }

// mean moves an average by a sample.
func mean(old, sample time.Duration) time.Duration {
	if old == 0 {
		return sample
	}
	return old + (sample-old)/8
}

// better reports whether together is worth the wait at a class.
func (p *pace) better(i int) bool {
	alone := p.costs[i].alone
	for j := i + 1; alone == 0 && j < len(p.costs); j++ {
		alone = p.costs[j].alone
	}
	for j := i - 1; alone == 0 && j >= 0; j-- {
		alone = p.costs[j].alone
	}
	return p.costs[i].together*10 < alone*9
}

// alone takes note of how long a commit took that was sent by itself, when n
// events were under way.
func (p *pace) alone(n int, took time.Duration, now time.Time) {
	if n < few {
		return
	}
	i := class(n)
	c := &p.costs[i]
	c.alone = mean(c.alone, took/time.Duration(n))
	if c.samples++; !p.grouping && c.samples >= enough && now.After(p.next) {
		p.grouping, p.since, c.samples = true, now, 0
	}
}

// together takes note of how long a batch of n events took, with how many there
// were under way at its end.
func (p *pace) together(n, busy int, took time.Duration, now time.Time) {
	if !p.grouping || p.always || p.thin(busy) || n < few {
		return
	}
	i := class(n)
	c := &p.costs[i]
	c.together = mean(c.together, took/time.Duration(n))
	switch {
	case !p.better(i):
		p.wait = min(max(2*p.wait, firstWait), longestWait)
		p.grouping, p.next = false, now.Add(p.wait)
	case now.Sub(p.since) > review:
		p.grouping = false
	default:
		p.wait = 0
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
		p.grouping, p.thins = false, 0
	}
	return true
}
