package ui

import (
	"context"
	"sync"
	"time"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

const (
	window     = 60 // seconds that are counted
	mostEvents = 50 // in a frame
)

// feed follows the log for one browser.
type feed struct {
	log  *rawlog.Log
	gaps []wire.Gap

	mu      sync.Mutex               // guards the rest
	head    uint64                   // the last position
	counts  map[int64]map[string]int // events of each second by kind, by their times
	events  []*rawlog.Message        // the last that were not sent
	problem string
}

// frame is what a browser is sent.
type frame struct {
	Head    uint64         `json:"head"`
	Counts  []int          `json:"counts"` // events of each of the last seconds, the current one last
	Kinds   map[string]int `json:"kinds"`  // events of each kind in these seconds
	Events  []line         `json:"events,omitempty"`
	Problem string         `json:"problem,omitempty"`
}

func newFeed(l *rawlog.Log, gaps []wire.Gap) *feed {
	end := l.Info().State.LastSeq
	return &feed{log: l, gaps: gaps, head: end - min(end, backfill), counts: make(map[int64]map[string]int)}
}

// follow takes in all messages until ctx ends. What fails is tried again.
func (f *feed) follow(ctx context.Context) {
	for ctx.Err() == nil {
		for m, err := range f.log.FollowThen(ctx, f.log.Prefix()+".>", f.from(), func() { f.set("") }) {
			if err != nil {
				f.set(err.Error())
				break
			}
			f.add(m)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func (f *feed) from() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.head + 1
}

func (f *feed) set(problem string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.problem = problem
}

func (f *feed) add(m *rawlog.Message) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.head = m.Seq
	if wire.IsSystem(m.Subject) {
		return
	}
	at, _ := m.Recorded() // what was restored a moment ago did not happen then
	second := at.Unix()
	if f.counts[second] == nil {
		f.counts[second] = make(map[string]int)
	}
	f.counts[second][view.Kind(m)]++
	f.events = append(f.events, m)
	if drop := len(f.events) - mostEvents; drop > 0 {
		f.events = f.events[drop:]
	}
}

// frame returns the rates and events at a time of this machine, and forgets the events in it.
func (f *feed) frame(now time.Time) frame {
	f.mu.Lock()
	defer f.mu.Unlock()
	last := now.Add(f.log.Skew()).Unix()
	all := frame{Head: f.head, Counts: make([]int, window), Kinds: make(map[string]int), Problem: f.problem}
	for second, kinds := range f.counts {
		if second <= last-window {
			delete(f.counts, second)
			continue
		}
		for kind, n := range kinds {
			all.Kinds[kind] += n
			all.Counts[min(window-1, second-(last-window+1))] += n // a clock may be ahead
		}
	}
	for _, m := range f.events {
		all.Events = append(all.Events, newLine(m, f.gaps))
	}
	f.events = nil
	return all
}
