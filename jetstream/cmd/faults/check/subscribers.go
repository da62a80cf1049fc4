package check

import "github.com/jetsource/jetsource/jetstream/cmd/faults/history"

// checkSubscribers holds what each subscriber was given against the log.
func checkSubscribers(h *history.History, f *Findings) {
	for _, s := range h.Subscribers {
		checkSubscriber(h.Log, s, f)
	}
}

// checkSubscriber stops at the first difference: what follows is off as well.
func checkSubscriber(log []history.Entry, s history.Subscriber, f *Findings) {
	if s.Error != "" {
		f.add("%s ended: %s", s.Name, s.Error)
	}
	i := 0
	for _, e := range log {
		if e.Reserved() {
			continue
		}
		if i == len(s.Seqs) {
			f.add("%s was given %d events and not the one at %d", s.Name, i, e.Seq)
			return
		}
		if s.Seqs[i] != e.Seq || s.IDs[i] != history.Digest(e.Commit.EventID()) {
			f.add("event %d of %s was the one at %d, not the one at %d", i, s.Name, s.Seqs[i], e.Seq)
			return
		}
		i++
	}
	if i < len(s.Seqs) {
		f.add("%s was given %d events that are not in the log, the first at %d", s.Name, len(s.Seqs)-i, s.Seqs[i])
	}
}
