package check

import (
	"cmp"
	"slices"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// checkOrder compares the order of the log, over all aggregates, with the times of
// the clients. An ambiguous commit that is in the log must follow the commits that
// were acked before it was asked for; no commit has to follow it.
func checkOrder(h *history.History, f *Findings) {
	first := make(map[string]uint64) // by op, the position of the first event
	for _, e := range history.WholeCommits(h.Log) {
		if _, ok := first[e.Op]; !ok {
			first[e.Op] = e.Seq
		}
	}
	byCall := slices.Clone(h.Ops)
	slices.SortStableFunc(byCall, func(a, b history.Op) int { return cmp.Compare(a.Call, b.Call) })
	acked := slices.DeleteFunc(slices.Clone(h.Ops), func(op history.Op) bool { return op.Outcome != history.Acked })
	slices.SortStableFunc(acked, func(a, b history.Op) int { return cmp.Compare(a.Return, b.Return) })
	var latest uint64 // highest position acked so far
	var latestID string
	for _, op := range byCall {
		for len(acked) > 0 && acked[0].Return < op.Call {
			if p := acked[0].Position(); p > latest {
				latest, latestID = p, acked[0].ID
			}
			acked = acked[1:]
		}
		if position, ok := first[op.ID]; ok && position <= latest {
			f.add("commit %s is at %d, but was asked for after commit %s was acked at %d", op.ID, position, latestID, latest)
		}
	}
}
