package check

import "github.com/jetsource/jetsource/jetstream/cmd/faults/history"

// checkRecovery finds faults after which a client waited too long for an ack.
func checkRecovery(h *history.History, f *Findings) {
	for _, fault := range h.Faults {
		if fault.TimedOut {
			f.add("%s %s at %v: not every client had a commit acked in time after it healed", fault.Kind, fault.Node, fault.Began)
		}
	}
}
