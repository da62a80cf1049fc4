package writer

import (
	"math/bits"
	"slices"
	"time"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// tuner is the batching policy for commits of one event, or of several. It finds the fastest mode by trying:
// it measures the throughput of each mode at a like load, keeps to the best, and looks again later, or
// soon when the rate has changed: with it that of the others. What an ack costs the server (a sync,
// replicas, a network) a client cannot know.
type tuner struct {
	least, most mode           // to choose from
	mode        mode           // in use
	load        int            // events submitted whose outcome is not known yet
	rates       [11][3]float64 // events acked a second, by load and mode; 0 if not measured
	sample      sample
	remeasure   time.Time // when the other modes are measured again
	period      time.Duration
}

// mode is a number of batches in flight; with none, commits are sent directly.
type mode int

const (
	directly mode = iota
	oneBatch
	twoBatches
)

// sample is a time in which a mode is measured.
type sample struct {
	skip         int           // events acked first that do not count: they were sent in another mode
	last         time.Time     // ack
	counts       bool          // what was acked then
	busy         time.Duration // time that counts
	events, load int           // acked in it, and the most there was
}

const (
	minLoad    = 6 // with less, no writer waits for others without need
	sampleTime = 100 * time.Millisecond
	minPeriod  = 2 * time.Second
	maxPeriod  = 30 * time.Second
)

// allow sets the modes to choose from. If they change, all is measured again.
func (t *tuner) allow(least, most mode) {
	if t.least != least || t.most != most {
		*t = tuner{least: least, most: most, mode: least, load: t.load}
	}
}

// ended takes note of the outcome of a commit of so many events. Commits that were acked in one batch
// were answered at the same time.
func (t *tuner) ended(events int, out outcome) {
	w := &t.sample
	w.load = max(w.load, t.load)
	t.load -= events
	if out.Result != wire.Acked || t.least == t.most {
		return
	}
	if gap := out.answered.Sub(w.last); gap > 0 {
		t.review() // neither a pause between bursts counts nor what is acked at its end
		w.last, w.counts = out.answered, w.skip <= 0 && gap <= 2*out.answered.Sub(out.sent)+time.Millisecond
		if w.counts {
			w.busy += gap
		}
	}
	if w.skip > 0 {
		w.skip -= events
	} else if w.counts {
		w.events += events
	}
}

// review decides how to go on, if the mode in use was measured for long enough.
func (t *tuner) review() {
	w, rates := t.sample, &t.rates[loadClass(t.sample.load)]
	rate := float64(w.events) / w.busy.Seconds()
	switch {
	case w.busy < sampleTime/4, w.busy < sampleTime && 2*rate > slices.Max(rates[:]):
		return // less is enough to see that a mode is hopeless
	case w.load < minLoad:
		t.use(t.least)
		return
	case t.period == 0: // what comes first is often slow
		t.period, t.remeasure = minPeriod, w.last.Add(minPeriod)
		t.use(t.mode)
		return
	}
	known := rates[t.mode]
	if known > 0 && (rate > 1.5*known || 1.5*rate < known) { // the work is another, or the server
		t.remeasure, t.period = t.remeasure.Add(minPeriod-t.period), minPeriod
	}
	if w.last.After(t.remeasure) { // the others are measured again
		t.period = min(2*t.period, maxPeriod)
		t.remeasure, *rates = w.last.Add(t.period), [3]float64{}
	} else if known > 0 {
		rate = (rate + known) / 2 // one sample may be slow by chance
	}
	rates[t.mode] = rate
	best := t.least
	for w := t.least; w <= t.most; w++ {
		if rates[w] > 1.05*rates[best] {
			best = w
		}
	}
	if i := slices.Index(rates[t.least:t.most+1], 0); i >= 0 {
		best = t.least + mode(i) // it was not measured
	}
	t.use(best)
}

// use begins to measure a mode.
func (t *tuner) use(next mode) {
	w := sample{last: t.sample.last}
	if next != t.mode {
		w.skip = t.load
	}
	t.mode, t.sample = next, w
}

// loadClass is the index of the rates at a load. Powers of two, as writers often are, are in the middle of one.
func loadClass(load int) int { return min(bits.Len(uint(load+load/2)), 10) }
