package check

import "github.com/jetsource/jetsource/jetstream/cmd/faults/history"

// checkCaches looks at what was asked for and answered while the snapshots alone were
// away.
func checkCaches(h *history.History, f *Findings) {
	for _, fault := range h.Faults {
		if fault.Kind != history.SnapshotsAway {
			continue
		}
		commits, loads := 0, 0
		for _, op := range h.Ops {
			if op.Outcome == history.Acked && during(op.Interval, fault) {
				commits++
			}
		}
		for _, l := range h.Loads {
			switch {
			case !l.Snapshots || l.Call < fault.Began || l.Call > fault.Healed:
			case l.TimedOut:
				f.add("%s could not load %s in time, at %v, while the snapshots were away", l.Client, l.Aggregate, l.Call)
			case !l.Failed() && during(l.Interval, fault):
				loads++
			}
		}
		if commits == 0 || loads == 0 {
			f.add("while the snapshots were away, from %v to %v, there were %d commits and %d loads with snapshots", fault.Began, fault.Healed, commits, loads)
		}
	}
}

// during reports whether an operation was asked for and answered during a fault.
func during(i history.Interval, fault history.Fault) bool {
	return i.Call >= fault.Began && i.Return <= fault.Healed
}
