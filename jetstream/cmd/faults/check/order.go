package check

import (
	"cmp"
	"slices"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// checkOrder holds the order of the log, over all aggregates, against the time of
// the clients. A commit of unknown outcome that is in the log takes part as one
// that came late, and not as one that was known to be there.
func checkOrder(h *history.History, f *Findings) {
	first := make(map[string]uint64) // the first event of each commit
	for _, e := range h.Log {
		if _, ok := first[e.Op]; !ok {
			first[e.Op] = e.Seq
		}
	}
	byCall := slices.Clone(h.Ops)
	slices.SortStableFunc(byCall, func(a, b history.Op) int { return cmp.Compare(a.Call, b.Call) })
	byReturn := slices.DeleteFunc(slices.Clone(h.Ops), func(op history.Op) bool { return op.Outcome != history.OK })
	slices.SortStableFunc(byReturn, func(a, b history.Op) int { return cmp.Compare(a.Return, b.Return) })
	var latest uint64 // the last position acknowledged so far
	var of string
	for _, op := range byCall {
		for len(byReturn) > 0 && byReturn[0].Return < op.Call {
			acked := byReturn[0]
			byReturn = byReturn[1:]
			if p := acked.Parts[len(acked.Parts)-1].Position; p > latest {
				latest, of = p, acked.ID
			}
		}
		if at, ok := first[op.ID]; ok && at <= latest {
			f.add("commit %s is at %d, and was asked for after commit %s was acked at %d", op.ID, at, of, latest)
		}
	}
}
