package check_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/check"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// violation is a change to the valid history that breaks a rule.
type violation struct {
	name     string
	checkers string // all that must find it, in the order of check.Checkers
	change   func(*history.History)
}

var logViolations = []violation{
	{"an acked commit is at another position", "log", func(h *history.History) { h.Ops[1].Parts[0].Position = 2; h.Ops[3].Parts[0].Expected = 2 }},
	{"a rejected commit is in the log", "log", func(h *history.History) { h.Ops[3].Outcome = history.Rejected }},
	{"a conflict is in the log", "log", func(h *history.History) { h.Ops[3].Outcome = history.Conflict }},
	{"an acked commit is not in the log", "log", func(h *history.History) { h.Ops[4].Outcome = history.Acked; h.Ops[4].Call = 0 }},
	{"no client asked for a commit", "log", func(h *history.History) { h.Ops = slices.Delete(h.Ops, 3, 4); h.Ops[1].Parts[0].Position = 3 }},
	{"a commit lacks an event", "log", func(h *history.History) { h.Ops[1].Parts[0].Events = 3 }},
	{"two commits have one id", "log subscribers", func(h *history.History) { h.Log[5].Header.ID = "A" }},
	{"a commit has two ids", "log subscribers", func(h *history.History) { h.Log[2].Header.ID = "X" }},
	{"a commit is in the log twice", "log linearizability", func(h *history.History) { h.Log[5].Op = "c" }},
	{"an event belongs to another part", "log", func(h *history.History) { h.Log[4].Part = 0 }},
	{"a message is missing", "log", func(h *history.History) { h.Log[8].Seq = 10; h.Subscribers[0].Positions[7] = 10 }},
	{"an event names another one before it", "chain", func(h *history.History) { h.Log[3].Header.Previous = 2 }},
	{"the second event of a commit names another version", "chain", func(h *history.History) { h.Log[2].Header.Previous = 2 }},
	{"a system entry names another one before it", "chain", func(h *history.History) { h.Log[6].Header.Previous = 2 }},
}

var readerViolations = []violation{
	{"a server holds another message", "replicas", func(h *history.History) { h.Replicas[1].Digests[4] = 0 }},
	{"a server lacks a message", "replicas", func(h *history.History) { h.Replicas[2].Digests = h.Replicas[2].Digests[:8] }},
	{"two servers were not read", "replicas", func(h *history.History) { h.Replicas = h.Replicas[:1] }},
	{"a subscriber received an event twice", "subscribers", func(h *history.History) {
		s := &h.Subscribers[0]
		s.Positions[3], s.IDs[3] = s.Positions[2], s.IDs[2]
	}},
	{"a subscriber received another event", "subscribers", func(h *history.History) { h.Subscribers[0].IDs[7]++ }},
	{"a subscriber did not receive the last event", "subscribers", func(h *history.History) {
		s := &h.Subscribers[0]
		s.Positions, s.IDs = s.Positions[:7], s.IDs[:7]
	}},
	{"a subscriber received one event too many", "subscribers", func(h *history.History) {
		s := &h.Subscribers[0]
		s.Positions, s.IDs = append(s.Positions, 10), append(s.IDs, 0)
	}},
	{"a subscription failed", "subscribers", func(h *history.History) { h.Subscribers[0].Error = "failed" }},
	{"an output has no input", "reactor", func(h *history.History) { h.Log[7].Input = 5 }},
	{"an output was recorded twice", "reactor", func(h *history.History) { h.Log[8].Kind = check.Outputs[0] }},
	{"an input has no output", "reactor", func(h *history.History) {
		h.Log[4].Kind = check.Input
		h.Reactions = slices.Insert(h.Reactions, 0, history.Reaction{Worker: "w1", Tenure: 1, Position: 5})
	}},
	{"a load folded another event", "snapshots", func(h *history.History) { h.Loads[1].Digest++ }},
	{"a load folded too few events", "snapshots", func(h *history.History) { h.Loads[1].Events-- }},
	{"a load is of half a commit", "snapshots", func(h *history.History) { h.Loads[1].Version = 2 }},
	{"a load is at the version of another aggregate", "snapshots", func(h *history.History) { h.Loads[1].Version = 5; h.Loads[1].Return = 6 }},
	{"a load shows a later commit", "reads", func(h *history.History) { h.Loads[1].Interval = interval(0, 1) }},
	{"a load failed", "reads", func(h *history.History) { h.Loads[0].Error = "chain" }},
}

var runnerViolations = []violation{
	{"a reaction began after its context had ended", "effects", func(h *history.History) { h.Reactions[1].Late = true }},
	{"an event was reacted to twice in one tenure", "effects", func(h *history.History) { h.Reactions[1].Tenure = 1 }},
	{"a worker reacted after another one had begun", "effects", func(h *history.History) {
		h.Reactions = append(h.Reactions, history.Reaction{Worker: "w1", Tenure: 1, Position: 6})
	}},
	{"an input was not reacted to", "effects", func(h *history.History) { h.Reactions = nil }},
	{"an event that is no input was reacted to", "effects", func(h *history.History) { h.Reactions[0].Position = 5 }},
	{"a worker ended", "workers", func(h *history.History) { h.Workers[1].Ended = []string{"failed"} }},
	{"an event is parked", "workers", func(h *history.History) { h.Log[6].Aggregate = "_reactor-r.parked" }},
	{"an event of the second store is parked", "workers", func(h *history.History) { h.Second.Log[6].Aggregate = "_reactor-r.parked" }},
	{"an input of the second store has no output", "second", func(h *history.History) { h.Second.Log[4].Kind = check.Input }},
	{"an acked commit to the second store is not in its log", "second", func(h *history.History) { h.Second.Ops[4].Outcome = history.Acked }},
	{"an event of the second store names another one before it", "second", func(h *history.History) { h.Second.Log[3].Header.Previous = 2 }},
	{"a load of the second store folded another event", "second", func(h *history.History) { h.Second.Loads[1].Digest++ }},
	{"a load of the second store failed", "second", func(h *history.History) { h.Second.Loads[1].Error = "chain" }},
	{"a load timed out for the snapshots", "caches", func(h *history.History) {
		snapshotsAway(h, 1, 4)
		h.Loads = append(h.Loads, history.Load{Interval: interval(2, 9), Snapshots: true, TimedOut: true})
	}},
	{"no commit was acked while the snapshots were away", "caches", func(h *history.History) { snapshotsAway(h, 3, 5) }},
	{"nothing was loaded while the snapshots were away", "caches", func(h *history.History) { snapshotsAway(h, 1, 3) }},
}

var orderViolations = []violation{
	{"a commit on a stale version was acked", "linearizability", func(h *history.History) { h.Ops[1].Parts[0].Expected = 0 }},
	{"an ambiguous commit on a stale version was recorded", "linearizability", func(h *history.History) { h.Ops[3].Parts[0].Expected = 1 }},
	{"a commit was acked before the one that it is made on", "linearizability order", func(h *history.History) {
		h.Ops[0].Interval = interval(8, 9)
		h.Loads = nil
	}},
	{"an unchecked commit precedes an earlier one", "linearizability order", func(h *history.History) { h.Ops[5].Interval = interval(1, 2) }},
	{"a commit precedes one to another aggregate that was acked before", "order", func(h *history.History) {
		h.Log[5].Aggregate, h.Ops[5].Parts[0].Aggregate, h.Log[5].Header.Previous = "item.3", "item.3", 0
		h.Ops[3].Call = 9
	}},
	{"a client has no ack after a fault", "recovery", func(h *history.History) { h.Faults[0].TimedOut = true }},
}

// violated returns the names of the checkers that find something.
func violated(h *history.History) string {
	var names []string
	for _, c := range check.Checkers {
		if f := c.Run(h); f.Count > 0 {
			names = append(names, c.Name)
		}
	}
	return strings.Join(names, " ")
}

func TestAValidHistoryHasNoViolation(t *testing.T) {
	for _, c := range check.Checkers {
		f := c.Run(validHistory())
		require.Zero(t, f.Count, "%s: %v", c.Name, f.First)
	}
}

func TestEachViolationIsFoundByItsChecker(t *testing.T) {
	found := make(map[string]bool)
	for _, v := range slices.Concat(logViolations, readerViolations, runnerViolations, orderViolations, transactionViolations) {
		t.Run(v.name, func(t *testing.T) {
			h := validHistory()
			v.change(h)
			require.Equal(t, v.checkers, violated(h))
		})
		found[v.checkers] = true
	}
	for _, c := range check.Checkers {
		require.True(t, found[c.Name], "a violation that %s alone finds", c.Name)
	}
}
