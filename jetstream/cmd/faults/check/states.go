package check

import "github.com/jetsource/jetsource/jetstream/cmd/faults/history"

// state is an aggregate up to one of its events.
type state struct {
	events     int
	digest     uint64
	commitEnds bool // with the event
}

// checkLoadedStates folds the log of every aggregate and compares the loads with
// it.
func checkLoadedStates(h *history.History, f *Findings) {
	states := foldLog(h.Log)
	for _, l := range h.Loads {
		if l.Failed() {
			continue
		}
		want, ok := states[l.Aggregate][l.Version]
		switch {
		case l.Version == 0 && l.Events == 0:
		case !ok || !want.commitEnds:
			f.add("%s loaded %s at %d, where none of its commits ends", l.Client, l.Aggregate, l.Version)
		case l.Events != want.events || l.Digest != want.digest:
			f.add("%s loaded %s at %d (with snapshots: %v) and folded %d events to %x, want %d events and %x",
				l.Client, l.Aggregate, l.Version, l.Snapshots, l.Events, l.Digest, want.events, want.digest)
		}
	}
}

// foldLog returns the state of each aggregate at each of its events that readers see.
func foldLog(log []history.Entry) map[string]map[uint64]state {
	states := make(map[string]map[uint64]state)
	last := make(map[string]state)
	for _, e := range history.WholeCommits(log) {
		if e.System() {
			continue
		}
		s := last[e.Aggregate]
		s = state{
			events:     s.events + 1,
			digest:     history.Fold(s.digest, e.Op, e.Part, e.Index),
			commitEnds: e.Header.Index == e.Header.Count-1,
		}
		last[e.Aggregate] = s
		if states[e.Aggregate] == nil {
			states[e.Aggregate] = make(map[uint64]state)
		}
		states[e.Aggregate][e.Seq] = s
	}
	return states
}
