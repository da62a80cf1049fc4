package check

import "github.com/jetsource/jetsource/jetstream/cmd/faults/history"

// checkSecond checks the second store by the rules of the first. It says which store its
// findings are of.
func checkSecond(h *history.History, f *Findings) {
	if h.Second == nil {
		return
	}
	second := h.Second.History()
	for _, check := range []func(*history.History, *Findings){checkLog, checkChain, checkReactor, checkLoadedStates, checkReads} {
		var found Findings
		check(second, &found)
		f.Count += found.Count
		for _, text := range found.First {
			if len(f.First) < maxInWords {
				f.First = append(f.First, "second store: "+text)
			}
		}
	}
}
