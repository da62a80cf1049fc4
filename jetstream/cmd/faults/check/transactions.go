package check

import (
	"strings"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// checkTransactions goes through the log of the store with transactions. A purse is named
// "<pair>/<purse>", and a pair must never owe; of two guests none have one name, however
// the names go round.
func checkTransactions(h *history.History, f *Findings) {
	t := h.Transactions
	if t == nil {
		return
	}
	for _, lie := range t.Lies {
		f.add("unique values and states do not agree: %s", lie)
	}
	checkSteps(t, f)
	has, names := make(map[string]int), make(map[string]string)
	for i, e := range t.Events {
		if e.Name == "" {
			pair, _, _ := strings.Cut(e.Aggregate, "/")
			if has[pair] += e.Amount; has[pair] < 0 {
				f.add("pair %s owes %d after the event at %d", pair, -has[pair], e.Seq)
			}
			continue
		}
		names[e.Aggregate] = e.Name
		if i+1 < len(t.Events) && t.Events[i+1].Commit == e.Commit {
			continue // guests swap their names in one commit
		}
		owners := make(map[string]string)
		for guest, name := range names {
			if other, taken := owners[name]; taken {
				f.add("%s and %s are both %q after the event at %d", guest, other, name, e.Seq)
			}
			owners[name] = guest
		}
	}
}

// checkSteps compares the answers with the log: each step is one commit.
func checkSteps(t *history.Transactions, f *Findings) {
	commits := make(map[string]map[string]bool) // by step
	for _, e := range t.Events {
		if commits[e.Step] == nil {
			commits[e.Step] = make(map[string]bool)
		}
		commits[e.Step][e.Commit] = true
	}
	for _, s := range t.Steps {
		switch n := len(commits[s.ID]); {
		case n > 1:
			f.add("step %s was recorded %d times", s.ID, n)
		case n == 0 && s.Outcome == history.Acked:
			f.add("step %s was acked and is not in the log", s.ID)
		case n > 0 && s.Outcome == history.Rejected:
			f.add("step %s was refused and is in the log", s.ID)
		}
	}
}
