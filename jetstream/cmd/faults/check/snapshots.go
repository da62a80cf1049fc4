package check

import "github.com/jetsource/jetsource/jetstream/cmd/faults/history"

// folded is an aggregate up to one of its events.
type folded struct {
	events int
	digest uint64
	ends   bool // the event is the last of its commit's part
}

// checkSnapshots folds the log of every aggregate and compares each load.
func checkSnapshots(h *history.History, f *Findings) {
	at := make(map[string]map[uint64]folded)
	last := make(map[string]folded)
	for _, e := range h.Log {
		s := last[e.Aggregate]
		s = folded{s.events + 1, history.Fold(s.digest, e.Op, e.Part, e.Index), e.Commit.Index == e.Commit.Count-1}
		last[e.Aggregate] = s
		if at[e.Aggregate] == nil {
			at[e.Aggregate] = make(map[uint64]folded)
		}
		at[e.Aggregate][e.Seq] = s
	}
	for _, l := range h.Loads {
		if l.Error != "" {
			continue
		}
		want, ok := at[l.Aggregate][l.Version]
		switch {
		case l.Version == 0 && l.Events == 0:
		case !ok || !want.ends:
			f.add("%s loaded %s at %d, where none of its commits ends", l.Client, l.Aggregate, l.Version)
		case l.Events != want.events || l.Digest != want.digest:
			f.add("%s loaded %s at %d (snapshots: %v) and folded %d events to %x, the log has %d and gives %x",
				l.Client, l.Aggregate, l.Version, l.Snapshot, l.Events, l.Digest, want.events, want.digest)
		}
	}
}
