package check

import (
	"time"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// checkReads finds loads that failed although their time was not over, and loads
// of commits that were asked for later. A load behind a partition may lack acked
// events: see [StaleLoads].
func checkReads(h *history.History, f *Findings) {
	calls := make(map[string]time.Duration) // by op, when it was asked for
	for _, op := range h.Ops {
		calls[op.ID] = op.Call
	}
	ops := make(map[uint64]string) // by position, the op of the event
	for _, e := range history.WholeCommits(h.Log) {
		ops[e.Seq] = e.Op
	}
	for _, l := range h.Loads {
		if l.Error != "" {
			f.add("%s could not load %s: %s", l.Client, l.Aggregate, l.Error)
			continue
		}
		if l.Failed() || l.Version == 0 {
			continue
		}
		op, inLog := ops[l.Version]
		call, known := calls[op]
		switch {
		case !inLog:
			f.add("%s loaded %s at %d, which is not in the log", l.Client, l.Aggregate, l.Version)
		case known && call > l.Return:
			f.add("%s loaded %s at %d before commit %s was asked for", l.Client, l.Aggregate, l.Version, op)
		}
	}
}

// StaleLoads counts the loads that lacked an event which had been acked before they
// were asked for. It returns the longest time since the ack of such an event.
func StaleLoads(h *history.History) (count int, oldest time.Duration) {
	type ack struct {
		at       time.Duration
		position uint64
	}
	acks := make(map[string][]ack)
	for _, op := range h.Ops {
		if op.Outcome != history.Acked {
			continue
		}
		for _, p := range op.Parts {
			acks[p.Aggregate] = append(acks[p.Aggregate], ack{op.Return, p.Position})
		}
	}
	for _, l := range h.Loads {
		if l.Failed() {
			continue
		}
		stale := false
		for _, a := range acks[l.Aggregate] {
			if a.at < l.Call && a.position > l.Version {
				stale = true
				oldest = max(oldest, l.Call-a.at)
			}
		}
		if stale {
			count++
		}
	}
	return count, oldest
}
