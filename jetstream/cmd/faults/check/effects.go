package check

import (
	"time"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// unkept is how long a worker may react before it has written down how far it is: it lets go
// when it could not renew its lease for two seconds.
const unkept = 3 * time.Second

// checkEffects goes through the reactions in the order in which they began. The holder of the
// lease goes on after the last event that was reacted to, or with those of the last moments,
// if the one before it had not written down how far it was.
func checkEffects(h *history.History, f *Findings) {
	reacted := make(map[uint64]time.Duration)
	var last history.Reaction
	for _, r := range h.Reactions {
		switch {
		case r.Late:
			f.add("%s began to react to %d at %v, after its context had ended", r.Worker, r.Position, r.Began)
		case r.Tenure < last.Tenure:
			f.add("%s began to react to %d at %v, after %s had the lease and reacted to %d", r.Worker, r.Position, r.Began, last.Worker, last.Position)
		case r.Position <= last.Position && (r.Tenure == last.Tenure || isLong(reacted, r.Position, last.Began)):
			f.add("%s began to react to %d at %v, after %s had reacted to %d", r.Worker, r.Position, r.Began, last.Worker, last.Position)
		}
		reacted[r.Position] = r.Began
		if r.Tenure >= last.Tenure {
			last = r
		}
	}
	if h.Run.Effects {
		checkReacted(h.Log, reacted, f)
	}
}

// isLong reports whether an event was reacted to long before a time.
func isLong(reacted map[uint64]time.Duration, position uint64, before time.Duration) bool {
	began, ok := reacted[position]
	return ok && before-began > unkept
}

// checkReacted compares the positions that were reacted to with the inputs in the log.
func checkReacted(log []history.Entry, reacted map[uint64]time.Duration, f *Findings) {
	for _, e := range history.WholeCommits(log) {
		if e.Kind != Input {
			continue
		}
		if _, ok := reacted[e.Seq]; !ok {
			f.add("no worker reacted to the input at %d", e.Seq)
		}
		delete(reacted, e.Seq)
	}
	for position := range reacted {
		f.add("a worker reacted to %d, which is no input", position)
	}
}

// Repeated counts the events that were reacted to again, and the tenures in which there
// were reactions. It is no violation that those of the last moments are repeated.
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
