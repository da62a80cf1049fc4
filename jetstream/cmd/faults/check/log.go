package check

import "github.com/jetsource/jetsource/jetstream/cmd/faults/history"

// checkLog holds what clients were answered against what is in the log.
func checkLog(h *history.History, f *Findings) {
	ops := make(map[string]*history.Op, len(h.Ops))
	for i, op := range h.Ops {
		if ops[op.ID] != nil {
			f.add("the history has two commits %s", op.ID)
		}
		ops[op.ID] = &h.Ops[i]
	}
	checkSequences(h.Log, f)
	found := make(map[string]bool, len(ops))
	seen := make(map[string]uint64) // the last sequence of each commit id
	for begin := 0; begin < len(h.Log); {
		end := begin + 1
		for end < len(h.Log) && h.Log[end].Commit.ID == h.Log[begin].Commit.ID {
			end++
		}
		run := h.Log[begin:end]
		begin = end
		id := run[0].Commit.ID
		if at, twice := seen[id]; twice {
			f.add("commit id %s is at %d, and again at %d", id, at, run[0].Seq)
		}
		seen[id] = run[len(run)-1].Seq
		whole := checkWhole(run, f)
		if run[0].Op == "" {
			continue // a reactor's
		}
		switch op := ops[run[0].Op]; {
		case op == nil:
			f.add("nobody asked for the commit at %d, which says it is %s", run[0].Seq, run[0].Op)
		case found[op.ID]:
			f.add("commit %s is in the log again at %d", op.ID, run[0].Seq)
		default:
			found[op.ID] = true
			if whole {
				checkAnswer(op, run, f)
			}
		}
	}
	for _, op := range h.Ops {
		if op.Outcome == history.OK && !found[op.ID] {
			f.add("commit %s was acked at %d and is not in the log", op.ID, op.Parts[len(op.Parts)-1].Position)
		}
	}
}

// checkSequences finds messages that are missing: none is ever deleted.
func checkSequences(log []history.Entry, f *Findings) {
	last := uint64(0)
	for _, e := range log {
		if e.Seq != last+1 {
			f.add("the message after %d is %d", last, e.Seq)
		}
		last = e.Seq
	}
}

// checkWhole finds a commit whose events do not count on from the first to the
// last, and tells whether it is whole.
func checkWhole(run []history.Entry, f *Findings) bool {
	part := run[0] // the first event of the part
	for i, e := range run {
		l := e.Commit
		if l.Index == 0 {
			part = e
		}
		same := e.Aggregate == part.Aggregate && l.Count == part.Commit.Count && l.Offset == part.Commit.Offset && e.Op == run[0].Op
		ends := i == len(run)-1 || run[i+1].Commit.Index == 0
		if l.Offset+l.Index != i || !same || ends != (l.Index == l.Count-1) {
			f.add("the commit at %d is torn: event %d of it is %d/%d after %d, of %s", run[0].Seq, i, l.Index, l.Count, l.Offset, e.Aggregate)
			return false
		}
	}
	return true
}

// checkAnswer holds a commit in the log against what was asked for and answered.
func checkAnswer(op *history.Op, run []history.Entry, f *Findings) {
	if op.Outcome == history.Conflict || op.Outcome == history.Refused {
		f.add("commit %s was answered with %q (%s) and is at %d", op.ID, op.Outcome, op.Error, run[0].Seq)
		return
	}
	if len(run) != op.Events() {
		f.add("commit %s has %d events in the log at %d, %d were asked for", op.ID, len(run), run[0].Seq, op.Events())
		return
	}
	at := 0
	for i, p := range op.Parts {
		for j, e := range run[at : at+p.Events] {
			if e.Aggregate != p.Aggregate || e.Part != i || e.Index != j || e.Commit.Count != p.Events {
				f.add("event %d of part %d of commit %s is at %d as %d of %d, of %s", j, i, op.ID, e.Seq, e.Index, e.Part, e.Aggregate)
				return
			}
		}
		at += p.Events
		if last := run[at-1].Seq; op.Outcome == history.OK && last != p.Position {
			f.add("part %d of commit %s was acked at %d and is at %d", i, op.ID, p.Position, last)
		}
	}
}
