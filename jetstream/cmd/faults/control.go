//go:build unix

package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// control does something wrong on purpose. One checker must find it, and no other.
type control struct {
	name    string
	what    string
	checker string
	act     func(context.Context, *client) error // done to the stream after the load; may be nil
	tamper  func(*history.History) error         // done to the history; may be nil
}

var controls = []control{
	{name: "unconditional", checker: "chain", what: "an event without an expectation that names an old version", act: publishUnconditionally},
	{name: "stale", checker: "linearizability", what: "an ack for a commit on an old version", act: ackStale},
	{name: "reused-id", checker: "log", what: "two commits with one id", act: reuseID},
	{name: "torn", checker: "log", what: "two events of a commit of three", act: tear},
	{name: "lost", checker: "log", what: "an acked commit that no server has", act: commitOne, tamper: loseLast},
	{name: "output-twice", checker: "reactor", what: "an output of the reactor that is recorded twice", act: repeatOutput},
	{name: "skipped", checker: "subscribers", what: "an event that a subscriber did not receive", tamper: skipEvent},
	{name: "diverged", checker: "replicas", what: "a message that differs on one server", tamper: diverge},
	{name: "misfolded", checker: "snapshots", what: "a load that folded another event", tamper: misfold},
	{name: "early-load", checker: "reads", what: "a load of a commit that was asked for later", tamper: loadEarly},
	{name: "reordered", checker: "order", what: "a commit that precedes commits acked before it was asked for", tamper: reorder},
	{name: "late-reaction", checker: "effects", what: "a reaction that began after its lease had ended", tamper: reactLate},
	{name: "reacted-twice", checker: "effects", what: "an event that the next holder of the lease reacted to again, although it was done long before", tamper: reactTwice},
	{name: "not-reacted", checker: "effects", what: "an input that no worker with effects reacted to", tamper: skipReaction},
	{name: "ended", checker: "workers", what: "a worker that ended with an error", tamper: endWorker},
	{name: "parked", checker: "workers", what: "an event that the reactor of the full store parked", tamper: park},
	{name: "second-silent", checker: "second", what: "an input of the second store that its reactor never got", tamper: silenceSecond},
	{name: "second-mixed", checker: "second", what: "a load in the second store from the snapshot of another", tamper: mixSecond},
	{name: "owes", checker: "transactions", what: "a payment that a purse and the one beside it cannot afford together", tamper: owe},
	{name: "shared-name", checker: "transactions", what: "two guests with one name", tamper: shareName},
	{name: "lost-step", checker: "transactions", what: "a transaction that was acked and is not in the log", tamper: loseStep},
	{name: "snapshots-block", checker: "caches", what: "a load that timed out for the snapshots", tamper: blockLoad},
	{name: "no-recovery", checker: "recovery", what: "a fault after which not every writer has an ack", tamper: timeOut},
}

func controlNames() string {
	var b strings.Builder
	for _, c := range controls {
		fmt.Fprintf(&b, "%s: %s; checker %s must find it\n", c.name, c.what, c.checker)
	}
	return b.String()
}
