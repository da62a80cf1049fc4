// Package check holds a history against what the store promises.
package check

import (
	"fmt"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// Checker looks for one kind of violation in a history.
type Checker struct {
	Name string
	// Rule is what must hold.
	Rule  string
	check func(*history.History, *Findings)
}

// Checkers are all there are.
var Checkers = []Checker{
	{"log", "an acked commit is there once, at its position; a refused one never; any other at most once; each is whole", checkLog},
	{"chain", "each event names the one before it in its aggregate", checkChain},
	{"replicas", "every server holds the same messages", checkReplicas},
	{"subscribers", "every live subscriber was given the log, in order, each event once", checkSubscribers},
	{"reactor", "each input has its outputs once", checkReactor},
	{"snapshots", "a load, from a snapshot or not, is the fold of the log up to its version", checkSnapshots},
	{"reads", "a load that has time does not fail, and shows nothing that was not asked for before it returned", checkReads},
	{"linearizability", "the commits to an aggregate can be put in an order that explains all answers", checkLinearizability},
	{"order", "a commit that was asked for after another was acked is behind it in the log, whatever their aggregates", checkOrder},
	{"recovery", "commits are acknowledged again once a fault has healed", checkRecovery},
}

// Findings is what a checker found. A history with many violations of one kind
// has the first few of them in words.
type Findings struct {
	Count int
	First []string
}

const inWords = 10

func (f *Findings) add(format string, args ...any) {
	f.Count++
	if len(f.First) < inWords {
		f.First = append(f.First, fmt.Sprintf(format, args...))
	}
}

// Run runs the checker.
func (c Checker) Run(h *history.History) Findings {
	var f Findings
	c.check(h, &f)
	return f
}
