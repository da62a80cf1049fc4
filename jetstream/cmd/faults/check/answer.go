package check

import "github.com/jetsource/jetsource/jetstream/cmd/faults/history"

// checkAnswer compares the entries of a commit with what the client asked for and
// with the answer it got.
func checkAnswer(op *history.Op, entries []history.Entry, f *Findings) {
	at := entries[0].Seq
	if op.Outcome == history.Conflict || op.Outcome == history.Rejected {
		f.add("commit %s has outcome %q (%s) and is in the log at %d", op.ID, op.Outcome, op.Error, at)
		return
	}
	if len(entries) != op.Events() {
		f.add("commit %s has %d events in the log at %d, want %d", op.ID, len(entries), at, op.Events())
		return
	}
	for i, p := range op.Parts {
		part := entries[:p.Events]
		entries = entries[p.Events:]
		for j, e := range part {
			if e.Aggregate != p.Aggregate || e.Part != i || e.Index != j || e.Header.Count != p.Events {
				f.add("event %d of part %d of commit %s is in the log at %d as event %d of part %d, of %s", j, i, op.ID, e.Seq, e.Index, e.Part, e.Aggregate)
				return
			}
		}
		if last := part[len(part)-1].Seq; op.Outcome == history.Acked && last != p.Position {
			f.add("part %d of commit %s was acked at %d and is in the log at %d", i, op.ID, p.Position, last)
		}
	}
}
