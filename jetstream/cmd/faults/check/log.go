package check

import "github.com/jetsource/jetsource/jetstream/cmd/faults/history"

// checkLog compares the answers that clients got with the log.
func checkLog(h *history.History, f *Findings) {
	checkSequences(h.Log, f)
	l := logChecker{
		findings: f,
		ops:      make(map[string]*history.Op, len(h.Ops)),
		found:    make(map[string]bool, len(h.Ops)),
		ends:     make(map[string]uint64),
		voids:    voidsOf(h.Log),
		torn:     make(map[history.Void]bool),
	}
	for i, op := range h.Ops {
		if l.ops[op.ID] != nil {
			f.add("the history has two commits %s", op.ID)
		}
		l.ops[op.ID] = &h.Ops[i]
	}
	for _, commit := range history.Commits(h.Log) {
		l.checkCommit(commit)
	}
	l.voids.checkNamed(l.torn, f)
	for _, op := range h.Ops {
		if op.Outcome == history.Acked && !l.found[op.ID] {
			f.add("commit %s was acked at %d and is not in the log", op.ID, op.Position())
		}
	}
}

// checkSequences finds gaps. No message is ever deleted.
func checkSequences(log []history.Entry, f *Findings) {
	last := uint64(0)
	for _, e := range log {
		if e.Seq != last+1 {
			f.add("the message after %d is %d", last, e.Seq)
		}
		last = e.Seq
	}
}

// logChecker goes through the commits of a log, from the first to the last.
type logChecker struct {
	findings *Findings
	ops      map[string]*history.Op
	found    map[string]bool   // ids of the ops that were in the log so far
	ends     map[string]uint64 // by commit id, the last sequence
	voids    voids
	torn     map[history.Void]bool // commits that lack their end
}

// checkCommit checks neighbouring entries with one commit id. A commit that lacks its
// end counts as not in the log, if an entry says so: it may be there again.
func (l *logChecker) checkCommit(entries []history.Entry) {
	first := entries[0]
	if history.LacksEnd(entries) {
		l.torn[history.Void{From: first.Seq, To: entries[len(entries)-1].Seq, Commit: first.Header.ID}] = true
		l.voids.checkVoid(entries, l.findings)
		return
	}
	if end, ok := l.ends[first.Header.ID]; ok {
		l.findings.add("commit id %s ends at %d, and is at %d again", first.Header.ID, end, first.Seq)
	}
	l.ends[first.Header.ID] = entries[len(entries)-1].Seq
	whole := checkWhole(entries, l.findings)
	if first.Op == "" {
		return // it is a reactor's
	}
	switch op := l.ops[first.Op]; {
	case op == nil:
		l.findings.add("the commit at %d is of op %s, which no client asked for", first.Seq, first.Op)
	case l.found[op.ID]:
		l.findings.add("commit %s is in the log again at %d", op.ID, first.Seq)
	default:
		l.found[op.ID] = true
		if whole {
			checkAnswer(op, entries, l.findings)
		}
	}
}

// checkWhole reports whether the entries of a commit are numbered from the first
// to the last in each part. If not, it adds a finding.
func checkWhole(entries []history.Entry, f *Findings) bool {
	part := entries[0] // first entry of the current part
	for i, e := range entries {
		c := e.Header
		if c.Index == 0 {
			part = e
		}
		same := e.Aggregate == part.Aggregate && c.Count == part.Header.Count && c.Offset == part.Header.Offset && e.Op == entries[0].Op
		isLast := i == len(entries)-1 || entries[i+1].Header.Index == 0
		if c.Offset+c.Index != i || !same || isLast != (c.Index == c.Count-1) {
			f.add("the commit at %d is torn: its event %d is %d/%d after %d events, of %s", entries[0].Seq, i, c.Index, c.Count, c.Offset, e.Aggregate)
			return false
		}
	}
	return true
}
