package check

import "github.com/jetsource/jetsource/jetstream/cmd/faults/history"

// checkEffects goes through the reactions in the order in which they began. Each event
// is a checkpoint, so the holder of the lease goes on after the last event that was
// reacted to, or at that event if its checkpoint was not recorded.
func checkEffects(h *history.History, f *Findings) {
	reacted := make(map[uint64]bool)
	var last history.Reaction
	for _, r := range h.Reactions {
		switch {
		case r.Late:
			f.add("%s began to react to %d at %v, after its context had ended", r.Worker, r.Position, r.Began)
		case r.Tenure < last.Tenure:
			f.add("%s began to react to %d at %v, after %s had the lease and reacted to %d", r.Worker, r.Position, r.Began, last.Worker, last.Position)
		case r.Position < last.Position || r.Position == last.Position && r.Tenure == last.Tenure:
			f.add("%s began to react to %d at %v, after %s had reacted to %d", r.Worker, r.Position, r.Began, last.Worker, last.Position)
		}
		reacted[r.Position] = true
		if r.Tenure >= last.Tenure {
			last = r
		}
	}
	if h.Run.Effects {
		checkReacted(h.Log, reacted, f)
	}
}

// checkReacted compares the positions that were reacted to with the inputs in the log.
func checkReacted(log []history.Entry, reacted map[uint64]bool, f *Findings) {
	for _, e := range history.WholeCommits(log) {
		if e.Kind != Input {
			continue
		}
		if !reacted[e.Seq] {
			f.add("no worker reacted to the input at %d", e.Seq)
		}
		delete(reacted, e.Seq)
	}
	for position := range reacted {
		f.add("a worker reacted to %d, which is no input", position)
	}
}

// Repeated counts the events that were reacted to again, and the tenures in which there
// were reactions. It is no violation that the event under way is repeated.
func Repeated(reactions []history.Reaction) (repeated, tenures int) {
	seen, held := make(map[uint64]bool), make(map[int]bool)
	for _, r := range reactions {
		if seen[r.Position] {
			repeated++
		}
		seen[r.Position], held[r.Tenure] = true, true
	}
	return repeated, len(held)
}
