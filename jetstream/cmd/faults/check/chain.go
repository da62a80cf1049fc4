package check

import "github.com/jetsource/jetsource/jetstream/cmd/faults/history"

// checkChain follows the events of each aggregate, the library's own included.
func checkChain(h *history.History, f *Findings) {
	last := make(map[string]history.Entry)
	for _, e := range h.Log {
		before := last[e.Aggregate]
		last[e.Aggregate] = e
		switch l := e.Commit; {
		case l.Index == 0 && l.Previous != before.Seq:
			f.add("%s: the event at %d follows %d, but the one before it is at %d", e.Aggregate, e.Seq, l.Previous, before.Seq)
		case l.Index > 0 && l.Previous != before.Commit.Previous:
			f.add("%s: the event at %d is of a commit on %d, the one before it of a commit on %d", e.Aggregate, e.Seq, l.Previous, before.Commit.Previous)
		}
	}
}
