package writer

import (
	"math/bits"
	"slices"
	"time"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// tuner is the batching policy for commits of one kind. It finds the fastest way to
// send them by trying: it measures the throughput of each way at a like load, keeps
// to the best, and looks again later. What an ack costs the server (a sync,
// replicas, a network) a client cannot know.
type tuner struct {
	ways    []way          // to choose from; one if the choice is fixed
	way     way            // in use
	load    int            // events submitted whose outcome is not known yet
	rates   [11][3]float64 // events acked a second, by load and way; 0 if not measured
	window  window
	explore time.Time // when the other ways are measured again
	period  time.Duration
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
	wake   int           // events acked first that do not count: they were sent in another way
	last   time.Time     // ack
	counts bool          // what was acked then
	busy   time.Duration // time that counts
	events int           // acked in it
	load   int           // the most there was
}

const (
	minLoad    = 6 // with less, no writer waits for others without need
	windowTime = 100 * time.Millisecond
	minPeriod  = time.Second
	maxPeriod  = 30 * time.Second
)

// allow sets the ways to choose from. If they change, all is measured again.
func (t *tuner) allow(ways []way) {
	if !slices.Equal(t.ways, ways) {
		*t = tuner{ways: ways, way: ways[0], load: t.load}
	}
}

// ended takes note of the outcome of a commit of so many events. Commits that were
// acked in one batch were answered at the same time.
func (t *tuner) ended(events int, out outcome) {
	w := &t.window
	w.load = max(w.load, t.load)
	t.load -= events
	if out.Result != wire.Acked || len(t.ways) == 1 {
		return
	}
	if gap := out.answered.Sub(w.last); gap > 0 {
		t.review()
		// Neither a pause between bursts counts nor what is acked at its end.
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
	w, rates := &t.window, t.ratesAt(t.window.load)
	if w.busy < windowTime/4 {
		return
	}
	rate := float64(w.events) / w.busy.Seconds()
	switch {
	case w.busy < windowTime && 2*rate > slices.Max(rates[:]): // less is enough to see that a way is hopeless
	case w.load < minLoad:
		t.use(t.ways[0])
	default:
		t.choose(rate, rates)
	}
}

// ratesAt returns the rates at a load. Powers of two, which numbers of writers
// often are, lie in the middle of a class of loads.
func (t *tuner) ratesAt(load int) *[3]float64 {
	return &t.rates[min(bits.Len(uint(load+load/2)), len(t.rates)-1)]
}

// choose takes note of the rate of the way in use, and goes on with one that was
// not measured, or with the best.
func (t *tuner) choose(rate float64, rates *[3]float64) {
	if rates[t.way] > 0 {
		rate = (rate + rates[t.way]) / 2 // one window may be slow by chance
	}
	if now := t.window.last; t.period == 0 || now.After(t.explore) {
		if t.period > 0 {
			*rates = [3]float64{}
		}
		t.period = min(max(2*t.period, minPeriod), maxPeriod)
		t.explore = now.Add(t.period)
	}
	rates[t.way] = rate
	best := t.ways[0]
	for _, w := range t.ways {
		if rates[w] == 0 {
			best = w
			break
		}
		if rates[w] > 1.05*rates[best] {
			best = w
		}
	}
	t.use(best)
}

// use begins to measure a way.
func (t *tuner) use(w way) {
	wake := 0
	if w != t.way {
		wake = t.load
	}
	t.way, t.window = w, window{last: t.window.last, wake: wake}
}
