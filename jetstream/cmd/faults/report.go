//go:build unix

package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/check"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// report writes what a history amounts to, runs all checkers on it, and returns
// the names of those that found something.
func report(out io.Writer, h *history.History) (flagged []string) {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) }
	n := make(map[history.Outcome]int)
	doubtful, resolved := 0, 0
	for _, op := range h.Ops {
		n[op.Outcome]++
		if op.Doubtful {
			doubtful++
			if op.Outcome != history.Unknown {
				resolved++
			}
		}
	}
	stale, oldest := check.Stale(h)
	say("\nseed %d, options %s", h.Run.Seed, h.Run.Options)
	say("commits     %d acked, %d conflicts (%d of them unfounded), %d refused; %d ambiguous, of which %d resolved",
		n[history.OK], n[history.Conflict], check.Unfounded(h), n[history.Refused], doubtful, resolved)
	inputs := 0
	for _, e := range h.Log {
		if e.Kind == check.Input {
			inputs++
		}
	}
	say("events      %d in the log, of which %d are inputs of the reactor, whose workers began again %d times", len(h.Log), inputs, h.Run.WorkerRestarts)
	say("loads       %d, and %d given up; %d were behind what was acked, by %v at most", len(h.Loads), h.Run.LateLoads, stale, oldest.Round(time.Millisecond))
	say("snapshots   %d stored, %d loaded", h.Run.SnapshotsStored, h.Run.SnapshotsLoaded)
	reportFaults(say, h.Faults)
	for _, c := range check.Checkers {
		f := c.Run(h)
		say("%-15s %d violations", c.Name, f.Count)
		for _, text := range f.First {
			say("    %s", text)
		}
		if f.Count > 0 {
			flagged = append(flagged, c.Name)
		}
	}
	return flagged
}

// reportFaults writes how long it took until commits were acknowledged again.
func reportFaults(say func(string, ...any), all []history.Fault) {
	kinds := make(map[string][]history.Fault)
	for _, f := range all {
		kinds[f.Kind] = append(kinds[f.Kind], f)
	}
	say("faults      %d; the first commit acknowledged after the fault (after healing, if it leaves no quorum), and one of every client after healing:", len(all))
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		faults := kinds[kind]
		first := middle(faults, history.Fault.Recovery)
		every := middle(faults, func(f history.Fault) time.Duration { return f.All - f.Healed })
		say("    %-28s %2d   first: median %v, max %v   every client: median %v, max %v", kind, len(faults), first[0], first[1], every[0], every[1])
	}
}

// middle returns the median and the maximum of a time of faults.
func middle(faults []history.Fault, of func(history.Fault) time.Duration) [2]time.Duration {
	var all []time.Duration
	for _, f := range faults {
		all = append(all, of(f).Round(time.Millisecond))
	}
	slices.SortFunc(all, cmp.Compare)
	return [2]time.Duration{all[len(all)/2], all[len(all)-1]}
}
