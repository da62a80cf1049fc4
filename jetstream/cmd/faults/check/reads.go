package check

import (
	"time"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// checkReads finds loads that failed for another reason than that their time was
// over, and loads that show what cannot have been known. That a load
// shows less than was acked is possible behind a partition: see [Stale].
func checkReads(h *history.History, f *Findings) {
	asked := make(map[string]time.Duration) // when each commit was asked for
	for _, op := range h.Ops {
		asked[op.ID] = op.Call
	}
	by := make(map[uint64]string) // the commit that wrote each event
	for _, e := range h.Log {
		by[e.Seq] = e.Op
	}
	for _, l := range h.Loads {
		if l.Error != "" {
			f.add("%s could not load %s: %s", l.Client, l.Aggregate, l.Error)
			continue
		}
		if l.Version == 0 {
			continue
		}
		op, ok := by[l.Version]
		call, known := asked[op]
		switch {
		case !ok:
			f.add("%s loaded %s at %d, which is not in the log", l.Client, l.Aggregate, l.Version)
		case known && call > l.Return:
			f.add("%s loaded %s at %d before commit %s was asked for", l.Client, l.Aggregate, l.Version, op)
		}
	}
}

// Stale counts the loads that showed less than had been acked when they were
// asked for, and the longest time that the newest acked event they missed had
// been there.
func Stale(h *history.History) (count int, oldest time.Duration) {
	type ack struct {
		at       time.Duration
		position uint64
	}
	acks := make(map[string][]ack)
	for _, op := range h.Ops {
		if op.Outcome != history.OK {
			continue
		}
		for _, p := range op.Parts {
			acks[p.Aggregate] = append(acks[p.Aggregate], ack{op.Return, p.Position})
		}
	}
	for _, l := range h.Loads {
		if l.Error != "" {
			continue
		}
		age := time.Duration(-1)
		for _, a := range acks[l.Aggregate] {
			if a.at < l.Call && a.position > l.Version {
				age = max(age, l.Call-a.at)
			}
		}
		if age >= 0 {
			count++
			oldest = max(oldest, age)
		}
	}
	return count, oldest
}
