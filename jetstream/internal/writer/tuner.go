package writer

import (
	"math/bits"
	"slices"
	"time"
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
	wake               int // events acked first that do not count: they were sent in another way
	begun, last        time.Time
	acks, events, load int // the load is a sum over the events
}

const (
	minLoad    = 6 // with less, no writer waits for others without need
	minAcks    = 4 // of a window
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

// acked takes note of events that were acked at once, took after they were sent.
func (t *tuner) acked(events int, took time.Duration, now time.Time) {
	w := &t.window
	idle := now.Sub(w.last)
	switch {
	case events == 0 || len(t.ways) == 1:
		return
	case w.wake > 0 || w.begun.IsZero():
		w.wake, w.begun, w.last = w.wake-events, now, now
		return
	case idle > 2*took+time.Millisecond: // neither a pause between bursts counts nor what is acked at its end
		w.begun, w.last = w.begun.Add(idle), now
		return
	}
	w.last, w.acks, w.events, w.load = now, w.acks+1, w.events+events, w.load+events*t.load
	elapsed, load := now.Sub(w.begun), w.load/w.events
	rate, rates := float64(w.events)/max(elapsed, 1).Seconds(), t.ratesAt(load)
	hopeless := elapsed > windowTime/4 && 2*rate < slices.Max(rates[:])
	switch {
	case w.acks < minAcks || elapsed < windowTime && !hopeless:
	case load < minLoad:
		t.use(t.ways[0])
	default:
		t.choose(rate, rates, now)
	}
}

// ratesAt returns the rates at a load. Powers of two, which numbers of writers
// often are, lie in the middle of a class of loads.
func (t *tuner) ratesAt(load int) *[3]float64 {
	return &t.rates[min(bits.Len(uint(load+load/2)), len(t.rates)-1)]
}

// choose takes note of the rate of the way in use, and decides how to go on.
func (t *tuner) choose(rate float64, rates *[3]float64, now time.Time) {
	if rates[t.way] > 0 {
		rate = (rate + rates[t.way]) / 2 // one window may be slow by chance
	}
	if t.period > 0 && now.After(t.explore) {
		t.period, t.explore = min(2*t.period, maxPeriod), now.Add(2*t.period)
		*rates = [3]float64{}
	}
	rates[t.way] = rate
	best := t.ways[0]
	for _, w := range t.ways {
		if rates[w] == 0 {
			t.use(w)
			return
		}
		if rates[w] > 1.05*rates[best] {
			best = w
		}
	}
	if t.period == 0 {
		t.period, t.explore = minPeriod, now.Add(minPeriod)
	}
	t.use(best)
}

// use begins to measure a way.
func (t *tuner) use(w way) {
	last := t.window.last
	t.window = window{begun: last, last: last}
	if w != t.way {
		t.way, t.window.wake = w, t.load
	}
}
