package check

import "github.com/jetsource/jetsource/jetstream/cmd/faults/history"

// checkSubscribers compares the events that each subscriber received with the log.
func checkSubscribers(h *history.History, f *Findings) {
	log := history.WholeCommits(h.Log)
	for _, s := range h.Subscribers {
		checkSubscriber(log, s, f)
	}
}

// checkSubscriber stops at the first difference, because all events after it are
// shifted.
func checkSubscriber(log []history.Entry, s history.Subscriber, f *Findings) {
	if s.Error != "" {
		f.add("%s ended with an error: %s", s.Name, s.Error)
	}
	i := 0
	for _, e := range log {
		if e.System() {
			continue
		}
		if i == len(s.Positions) {
			f.add("%s received %d events and not the one at %d", s.Name, i, e.Seq)
			return
		}
		if s.Positions[i] != e.Seq || s.IDs[i] != history.Digest(e.Header.EventID()) {
			f.add("%s received as event %d the one at %d, want the one at %d", s.Name, i, s.Positions[i], e.Seq)
			return
		}
		i++
	}
	if i < len(s.Positions) {
		f.add("%s received %d events that are not in the log, the first at %d", s.Name, len(s.Positions)-i, s.Positions[i])
	}
}
