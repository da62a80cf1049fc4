package check

import "github.com/jetsource/jetsource/jetstream/cmd/faults/history"

// checkRecovery finds faults after which commits did not begin again in time.
func checkRecovery(h *history.History, f *Findings) {
	for _, fault := range h.Faults {
		if fault.Deadline {
			f.add("%s %s at %v: not every client had a commit acknowledged in time", fault.Kind, fault.Node, fault.Began)
		}
	}
}
