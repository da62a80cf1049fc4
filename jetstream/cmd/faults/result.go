//go:build unix

package main

import (
	"fmt"
	"math"
	"time"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// history returns what clients recorded. Their goroutines have ended.
func (r *run) history() *history.History {
	counts := r.counts()
	h := &history.History{
		Run: history.Run{
			Seed: r.options.load.seed, Options: r.options.String(), Began: r.recorder.began.UTC(),
			SnapshotsStored: counts.snapshotsStored, SnapshotsLoaded: counts.snapshotsLoaded, Effects: r.options.load.size.effects > 0,
		},
		Ops: r.recorder.ops, Loads: r.recorder.loads, Faults: r.faults, Reactions: r.recorder.effects.reactions,
	}
	if goals := r.options.load.goals; !counts.reached(goals) {
		h.Run.Shortfall = fmt.Sprintf("%v; want %v", counts, goals)
	}
	for _, w := range r.workers {
		h.Workers = append(h.Workers, history.Worker{Name: w.name, Ended: w.ended})
	}
	if r.second != nil {
		h.Second = r.second.history()
	}
	for _, s := range r.subscribers {
		h.Subscribers = append(h.Subscribers, s.received)
	}
	for i := range h.Faults {
		f := &h.Faults[i]
		f.FirstAck = firstAck(h.Ops, f.Began, func(history.Op) bool { return true })
		for _, w := range r.writers {
			f.AllAcked = max(f.AllAcked, firstAck(h.Ops, f.Healed, func(op history.Op) bool { return op.Client == w }))
		}
	}
	return h
}

// firstAck returns when the first of some commits was acked that was asked for
// after since.
func firstAck(ops []history.Op, since time.Duration, counts func(history.Op) bool) time.Duration {
	first := time.Duration(math.MaxInt64)
	for _, op := range ops {
		if op.Outcome == history.Acked && op.Call >= since && counts(op) {
			first = min(first, op.Return)
		}
	}
	return first
}
