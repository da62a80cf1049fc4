package check

import "github.com/jetsource/jetsource/jetstream/cmd/faults/history"

// voids are the gaps that whole commits name, by the aggregate of the entry.
type voids map[string][]history.Void

func voidsOf(log []history.Entry) voids {
	named := make(voids)
	for _, e := range history.WholeCommits(log) {
		named[e.Aggregate] = append(named[e.Aggregate], e.Voids...)
	}
	return named
}

// checkVoid compares a commit that lacks its end with what is named as void: each
// aggregate that it has reached must have an entry that names all of it.
func (v voids) checkVoid(entries []history.Entry, f *Findings) {
	first, last := entries[0], entries[len(entries)-1]
	want := history.Void{From: first.Seq, To: last.Seq, Commit: first.Header.ID}
	told := make(map[string]bool)
	for _, e := range entries {
		if !told[e.Aggregate] && !v.has(e.Aggregate, want) {
			f.add("the commit at %d is torn: it has %d of %d messages, and no entry of %s names it", first.Seq, len(entries), first.Header.Total, e.Aggregate)
		}
		told[e.Aggregate] = true
	}
}

func (v voids) has(aggregate string, want history.Void) bool {
	for _, named := range v[aggregate] {
		if named == want {
			return true
		}
	}
	return false
}

// checkNamed finds what is named as void and is not, given the commits that lack
// their end.
func (v voids) checkNamed(torn map[history.Void]bool, f *Findings) {
	told := make(map[history.Void]bool)
	for _, list := range v {
		for _, named := range list {
			if !torn[named] && !told[named] {
				f.add("%d to %d are named as void, and are no commit %s that lacks its end", named.From, named.To, named.Commit)
			}
			told[named] = true
		}
	}
}

// VoidCommits counts the commits that lack their end.
func VoidCommits(h *history.History) (n int) {
	for _, commit := range history.Commits(h.Log) {
		if history.LacksEnd(commit) {
			n++
		}
	}
	return n
}
