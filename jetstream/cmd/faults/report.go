//go:build unix

package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/check"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// report prints a summary of a history and the findings of all checkers. It
// returns the names of the checkers that found something.
func report(out io.Writer, h *history.History) (violated []string) {
	printf := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) }
	reportSummary(printf, h)
	reportFaults(printf, h.Faults)
	for _, c := range check.Checkers {
		f := c.Run(h)
		printf("%-15s %d violations", c.Name, f.Count)
		if f.Count > 0 {
			violated = append(violated, c.Name)
			printf("    rule: %s", c.Rule)
		}
		for _, text := range f.First {
			printf("    %s", text)
		}
	}
	return violated
}

func reportSummary(printf func(string, ...any), h *history.History) {
	outcomes := make(map[history.Outcome]int)
	ambiguous, resolved := 0, 0
	for _, op := range h.Ops {
		outcomes[op.Outcome]++
		if op.WasAmbiguous {
			ambiguous++
			if op.Outcome != history.Ambiguous {
				resolved++
			}
		}
	}
	inputs := 0
	for _, e := range h.Log {
		if e.Kind == check.Input {
			inputs++
		}
	}
	timedOut := 0
	for _, l := range h.Loads {
		if l.TimedOut {
			timedOut++
		}
	}
	stale, oldest := check.StaleLoads(h)
	printf("\nseed %d, flags %s", h.Run.Seed, h.Run.Options)
	printf("commits     %d acked, %d conflicts (%d spurious), %d rejected; %d were ambiguous, %d of them resolved",
		outcomes[history.Acked], outcomes[history.Conflict], check.SpuriousConflicts(h), outcomes[history.Rejected], ambiguous, resolved)
	printf("events      %d in the log, %d of them inputs of the reactor", len(h.Log), inputs)
	printf("void        %d commits lost their end", check.VoidCommits(h))
	printf("loads       %d, and %d timed out; %d were stale, by %v at most", len(h.Loads)-timedOut, timedOut, stale, oldest.Round(time.Millisecond))
	printf("snapshots   %d stored, %d loaded", h.Run.SnapshotsStored, h.Run.SnapshotsLoaded)
	reportWorkers(printf, h)
	reportTransactions(printf, h.Transactions)
}

// reportWorkers prints what became of the reactor with effects, and of the second store.
func reportWorkers(printf func(string, ...any), h *history.History) {
	ended := 0
	for _, w := range h.Workers {
		ended += len(w.Ended)
	}
	repeated, tenures := check.Repeated(h.Reactions)
	printf("workers     %d, which ended %d times; %d effects in %d tenures, %d of them of the event that was under way", len(h.Workers), ended, len(h.Reactions), tenures, repeated)
	if s := h.Second; s != nil {
		printf("second      %d commits asked for, %d loads, %d messages in the log; %d commits of its reactor were refused because it was full", len(s.Ops), len(s.Loads), len(s.Log), s.Full)
	}
}

// reportTransactions prints what transactions came to.
func reportTransactions(printf func(string, ...any), t *history.Transactions) {
	if t == nil {
		return
	}
	outcomes := make(map[history.Outcome]int)
	for _, s := range t.Steps {
		outcomes[s.Outcome]++
	}
	printf("transactions %d acked, %d refused, %d ambiguous; %d events in their log", outcomes[history.Acked], outcomes[history.Rejected], outcomes[history.Ambiguous], len(t.Events))
}

// reportFaults prints for each kind of fault how long it took until commits were
// acked again.
func reportFaults(printf func(string, ...any), all []history.Fault) {
	kinds := make(map[string][]history.Fault)
	for _, f := range all {
		kinds[f.Kind] = append(kinds[f.Kind], f)
	}
	printf("faults      %d; time to the first ack after the fault (after healing, if it leaves no quorum), and after healing until every writer had one:", len(all))
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		faults := kinds[kind]
		first, firstMax := medianAndMax(faults, history.Fault.Recovery)
		every, everyMax := medianAndMax(faults, func(f history.Fault) time.Duration { return f.AllAcked - f.Healed })
		printf("    %-28s %2d   first: median %v, max %v   every writer: median %v, max %v", kind, len(faults), first, firstMax, every, everyMax)
	}
}

// medianAndMax returns the median and the maximum of a duration of faults.
func medianAndMax(faults []history.Fault, of func(history.Fault) time.Duration) (median, most time.Duration) {
	var all []time.Duration
	for _, f := range faults {
		all = append(all, of(f).Round(time.Millisecond))
	}
	slices.Sort(all)
	return all[len(all)/2], all[len(all)-1]
}
