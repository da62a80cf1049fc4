package check

import "github.com/jetsource/jetsource/jetstream/cmd/faults/history"

// Unfounded counts the conflicts for which the log has no reason: in none of the
// aggregates is there an event after the version expected, of a commit that was
// asked for before the conflict was answered. Nothing is lost by them. A leader
// that was deposed can be the cause, if it lacks what the commit was made on.
func Unfounded(h *history.History) int {
	calls := make(map[string]int64)
	for _, op := range h.Ops {
		calls[op.ID] = int64(op.Call)
	}
	logs := make(map[string][]history.Entry)
	for _, e := range h.Log {
		logs[e.Aggregate] = append(logs[e.Aggregate], e)
	}
	n := 0
	for _, op := range h.Ops {
		if op.Outcome == history.Conflict && !founded(op, logs, calls) {
			n++
		}
	}
	return n
}

func founded(op history.Op, logs map[string][]history.Entry, calls map[string]int64) bool {
	for _, p := range op.Parts {
		if p.Unchecked && !op.Doubtful {
			continue
		}
		known := p.Unchecked || p.Expected == 0
		for _, e := range logs[p.Aggregate] {
			if known = known || e.Seq == p.Expected; e.Seq > p.Expected && calls[e.Op] < int64(op.Return) {
				return true
			}
		}
		if !known {
			return true // expected what never was
		}
	}
	return false
}
