package writer

import (
	"math/bits"
	"slices"
	"time"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// tuner is the batching policy for commits of one kind. It finds the fastest way to send them by trying:
// it measures the throughput of each way at a like load, keeps to the best, and looks again later. What
// an ack costs the server (a sync, replicas, a network) a client cannot know.
type tuner struct {
	least, most way            // to choose from
	way         way            // in use
	load        int            // events submitted whose outcome is not known yet
	rates       [11][3]float64 // events acked a second, by load and way; 0 if not measured
	window      window
	explore     time.Time // when the other ways are measured again
	period      time.Duration
}

// way is a number of batches in flight; with none, commits are sent directly.
type way int

const (
	directly way = iota
	oneBatch
	twoBatches
)

// window is a time in which a way is measured.
type window struct {
	wake         int           // events acked first that do not count: they were sent in another way
	last         time.Time     // ack
	counts       bool          // what was acked then
	busy         time.Duration // time that counts
	events, load int           // acked in it, and the most there was
}

const (
	minLoad    = 6 // with less, no writer waits for others without need
	windowTime = 100 * time.Millisecond
	minPeriod  = 2 * time.Second
	maxPeriod  = 30 * time.Second
)

// allow sets the ways to choose from. If they change, all is measured again.
func (t *tuner) allow(least, most way) {
	if t.least != least || t.most != most {
		*t = tuner{least: least, most: most, way: least, load: t.load}
	}
}

// ended takes note of the outcome of a commit of so many events. Commits that were acked in one batch
// were answered at the same time.
func (t *tuner) ended(events int, out outcome) {
	w := &t.window
	w.load = max(w.load, t.load)
	t.load -= events
	if out.Result != wire.Acked || t.least == t.most {
		return
	}
	if gap := out.answered.Sub(w.last); gap > 0 {
		t.review() // neither a pause between bursts counts nor what is acked at its end
		w.last, w.counts = out.answered, w.wake <= 0 && gap <= 2*out.answered.Sub(out.sent)+time.Millisecond
		if w.counts {
			w.busy += gap
		}
	}
	if w.wake > 0 {
		w.wake -= events
	} else if w.counts {
		w.events += events
	}
}

// review decides how to go on, if the way in use was measured for long enough.
func (t *tuner) review() {
	w, rates := t.window, &t.rates[loadClass(t.window.load)]
	rate := float64(w.events) / w.busy.Seconds()
	switch {
	case w.busy < windowTime/4, w.busy < windowTime && 2*rate > slices.Max(rates[:]):
		return // less is enough to see that a way is hopeless
	case w.load < minLoad:
		t.use(t.least)
		return
	case t.period == 0: // what comes first is often slow
		t.period, t.explore = minPeriod, w.last.Add(minPeriod)
		t.use(t.way)
		return
	case w.last.After(t.explore): // the others are measured again
		t.period = min(2*t.period, maxPeriod)
		t.explore, *rates = w.last.Add(t.period), [3]float64{}
	case rates[t.way] > 0:
		rate = (rate + rates[t.way]) / 2 // one window may be slow by chance
	}
	rates[t.way] = rate
	best := t.least
	for w := t.least; w <= t.most; w++ {
		if rates[w] > 1.05*rates[best] {
			best = w
		}
	}
	if i := slices.Index(rates[t.least:t.most+1], 0); i >= 0 {
		best = t.least + way(i) // it was not measured
	}
	t.use(best)
}

// use begins to measure a way.
func (t *tuner) use(next way) {
	w := window{last: t.window.last}
	if next != t.way {
		w.wake = t.load
	}
	t.way, t.window = next, w
}

// loadClass is the index of the rates at a load. Powers of two, as writers often are, are in the middle of one.
func loadClass(load int) int { return min(bits.Len(uint(load+load/2)), 10) }
