package check

import (
	"time"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// SpuriousConflicts counts the conflicts that the log does not explain: no
// aggregate of the commit has an event after the expected version, of a commit
// that was asked for before the conflict was answered. They are no violation,
// for nothing is lost. A leader that was deposed gives them if it lacks the event
// that the commit was made on.
func SpuriousConflicts(h *history.History) int {
	calls := make(map[string]time.Duration)
	for _, op := range h.Ops {
		calls[op.ID] = op.Call
	}
	logs := make(map[string][]history.Entry)
	for _, e := range h.Log {
		logs[e.Aggregate] = append(logs[e.Aggregate], e)
	}
	n := 0
	for _, op := range h.Ops {
		if op.Outcome == history.Conflict && !isExplained(op, logs, calls) {
			n++
		}
	}
	return n
}

// isExplained reports whether the log has a reason for a conflict.
func isExplained(op history.Op, logs map[string][]history.Entry, calls map[string]time.Duration) bool {
	for _, p := range op.Parts {
		if p.Unchecked && !op.WasAmbiguous {
			continue
		}
		exists := p.Unchecked || p.Expected == 0
		for _, e := range logs[p.Aggregate] {
			exists = exists || e.Seq == p.Expected
			if e.Seq > p.Expected && calls[e.Op] < op.Return {
				return true
			}
		}
		if !exists {
			return true // no event has the expected version
		}
	}
	return false
}
