// Package check decides whether a history keeps the promises of the store. Each
// [Checker] knows one rule.
package check

import (
	"fmt"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// Checker finds the violations of one rule in a history.
type Checker struct {
	Name  string
	Rule  string // what must hold, as a sentence
	check func(*history.History, *Findings)
}

// Checkers are the checkers of all rules.
var Checkers = []Checker{
	{"log", "an acked commit is in the log once, at its position; a rejected one never; an ambiguous one at most once; each of them whole, or without its end and named as void", checkLog},
	{"chain", "each event names the event before it in its aggregate", checkChain},
	{"replicas", "all servers hold the same messages", checkReplicas},
	{"subscribers", "every live subscriber received the log, in order, each event once", checkSubscribers},
	{"reactor", "each input has each of its outputs once", checkReactor},
	{"snapshots", "a load is the fold of the log up to its version, with snapshots and without", checkLoadedStates},
	{"reads", "a load fails only if its time is over, and shows no commit that was asked for later", checkReads},
	{"linearizability", "the commits to an aggregate have an order that explains all answers", checkLinearizability},
	{"order", "a commit that was asked for after the ack of another one follows it in the log, whatever their aggregates", checkOrder},
	{"effects", "no reaction begins after its context has ended; each input is reacted to, in order, and again only if that was within 3 s before the lease changed hands", checkEffects},
	{"workers", "no worker ends with an error, and none parks an event", checkWorkers},
	{"second", "a second store with the same names in the same account, sometimes full, keeps the rules of log, chain, reactor, snapshots and reads", checkSecond},
	{"transactions", "what transactions over several aggregates read was still so when they were recorded, a unique name has one owner, and each was recorded once if it was acked", checkTransactions},
	{"caches", "while the snapshots are away, commits and loads with snapshots go on, and none times out", checkCaches},
	{"recovery", "every writer has an ack within two minutes after a fault has healed", checkRecovery},
}

// Findings are the violations that a checker found.
type Findings struct {
	Count int
	First []string // the first ten, in words
}

const maxInWords = 10

func (f *Findings) add(format string, args ...any) {
	f.Count++
	if len(f.First) < maxInWords {
		f.First = append(f.First, fmt.Sprintf(format, args...))
	}
}

// Run runs the checker.
func (c Checker) Run(h *history.History) Findings {
	var f Findings
	c.check(h, &f)
	return f
}
