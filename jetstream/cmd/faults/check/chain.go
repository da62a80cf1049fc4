package check

import "github.com/jetsource/jetsource/jetstream/cmd/faults/history"

// checkChain compares each event with the one before it in its aggregate. It
// includes the entries of the library.
func checkChain(h *history.History, f *Findings) {
	last := make(map[string]history.Entry)
	for _, e := range h.Log {
		before := last[e.Aggregate]
		last[e.Aggregate] = e
		switch c := e.Header; {
		case c.Index == 0 && c.Previous != before.Seq:
			f.add("%s: the event at %d names %d as the one before it, which is at %d", e.Aggregate, e.Seq, c.Previous, before.Seq)
		case c.Index > 0 && c.Previous != before.Header.Previous:
			f.add("%s: the event at %d is of a commit on version %d, the one before it of a commit on %d", e.Aggregate, e.Seq, c.Previous, before.Header.Previous)
		}
	}
}
