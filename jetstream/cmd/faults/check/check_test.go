package check_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/check"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// link is header Es-Commit, in order of what it says.
func link(id string, offset, index, count int, previous uint64) history.Link {
	return history.Link{ID: id, Offset: offset, Index: index, Count: count, Previous: previous}
}

// sound is a history that every checker must pass. In its log are a commit of
// one event, one of two, one over two aggregates of unknown outcome, an input of
// the reactor, and what the reactor made of it.
func sound() *history.History {
	h := &history.History{
		Ops: []history.Op{
			{ID: "a", Client: "c1", Call: 1, Return: 2, Outcome: history.OK, Parts: []history.Part{{Aggregate: "item.1", Events: 1, Position: 1}}},
			{ID: "b", Client: "c2", Call: 2, Return: 4, Outcome: history.OK, Parts: []history.Part{{Aggregate: "item.1", Expected: 1, Events: 2, Position: 3}}},
			{ID: "lost race", Client: "c3", Call: 2, Return: 4, Outcome: history.Conflict, Parts: []history.Part{{Aggregate: "item.1", Expected: 1, Events: 1}}},
			{ID: "c", Client: "c1", Call: 5, Return: 6, Outcome: history.Unknown, Parts: []history.Part{{Aggregate: "item.1", Expected: 3, Events: 1}, {Aggregate: "item.2", Unchecked: true, Events: 1}}},
			{ID: "vanished", Client: "c1", Call: 5, Return: 6, Outcome: history.Unknown, Parts: []history.Part{{Aggregate: "item.2", Events: 1}}},
			{ID: "d", Client: "c1", Call: 7, Return: 8, Outcome: history.OK, Parts: []history.Part{{Aggregate: "item.2", Unchecked: true, Events: 1, Position: 6}}},
		},
		Log: []history.Entry{
			{Seq: 1, Kind: "item/added", Aggregate: "item.1", Op: "a", Commit: link("A", 0, 0, 1, 0)},
			{Seq: 2, Kind: "item/added", Aggregate: "item.1", Op: "b", Commit: link("B", 0, 0, 2, 1)},
			{Seq: 3, Kind: "item/added", Aggregate: "item.1", Op: "b", Index: 1, Commit: link("B", 0, 1, 2, 1)},
			{Seq: 4, Kind: "item/added", Aggregate: "item.1", Op: "c", Commit: link("C", 0, 0, 1, 3)},
			{Seq: 5, Kind: "item/added", Aggregate: "item.2", Op: "c", Part: 1, Commit: link("C", 1, 0, 1, 0)},
			{Seq: 6, Kind: check.Input, Aggregate: "item.2", Op: "d", Commit: link("D", 0, 0, 1, 5)},
			{Seq: 7, Kind: "checkpoint", Aggregate: "_reactor.r", Commit: link("E", 0, 0, 1, 0)},
			{Seq: 8, Kind: check.Outputs[0], Aggregate: "receipt.2", Input: 6, Commit: link("E", 1, 0, 1, 0)},
			{Seq: 9, Kind: check.Outputs[1], Aggregate: "tally.0", Input: 6, Commit: link("E", 2, 0, 1, 0)},
		},
		Faults: []history.Fault{{Kind: "kill", Began: 2, Healed: 3, First: 6, All: 8}},
	}
	s := history.Subscriber{Name: "s"}
	for _, e := range h.Log {
		if !e.Reserved() {
			s.Seqs, s.IDs = append(s.Seqs, e.Seq), append(s.IDs, history.Digest(e.Commit.EventID()))
		}
	}
	h.Subscribers = []history.Subscriber{s}
	for i := range 3 {
		h.Replicas = append(h.Replicas, history.Replica{Node: fmt.Sprint(i), Digest: history.Digests{9, 8, 7, 6, 5, 4, 3, 2, 1}})
	}
	digest := history.Fold(history.Fold(history.Fold(0, "a", 0, 0), "b", 0, 0), "b", 0, 1)
	h.Loads = []history.Load{
		{Client: "c1", Call: 0, Return: 1, Aggregate: "item.1"},
		{Client: "c1", Call: 3, Return: 4, Aggregate: "item.1", Version: 3, Events: 3, Digest: digest, Snapshot: true},
	}
	return h
}

// flagged returns the checkers that find something in a history.
func flagged(h *history.History) (names []string) {
	for _, c := range check.Checkers {
		if f := c.Run(h); f.Count > 0 {
			names = append(names, c.Name)
		}
	}
	return names
}

func TestASoundHistoryPasses(t *testing.T) {
	for _, c := range check.Checkers {
		f := c.Run(sound())
		require.Zero(t, f.Count, "%s: %v", c.Name, f.First)
	}
}

func TestWhatIsWrongIsFoundByItsChecker(t *testing.T) {
	for name, wrong := range map[string]struct {
		by string // the checker, and no other unless named too
		do func(*history.History)
	}{
		"an acked commit is at another position":       {"log", func(h *history.History) { h.Ops[1].Parts[0].Position = 2; h.Ops[3].Parts[0].Expected = 2 }},
		"a refused commit is there":                    {"log", func(h *history.History) { h.Ops[3].Outcome = history.Refused }},
		"a conflict is there":                          {"log", func(h *history.History) { h.Ops[3].Outcome = history.Conflict }},
		"an acked commit is not there":                 {"log", func(h *history.History) { h.Ops[4].Outcome = history.OK; h.Ops[4].Call = 0 }},
		"a commit is there that nobody asked for":      {"log", func(h *history.History) { h.Ops = slices.Delete(h.Ops, 3, 4); h.Ops[1].Parts[0].Position = 3 }},
		"a commit has fewer events than asked for":     {"log", func(h *history.History) { h.Ops[1].Parts[0].Events = 3 }},
		"two commits have one id":                      {"log subscribers", func(h *history.History) { h.Log[5].Commit.ID = "A" }},
		"a commit has two ids":                         {"log subscribers", func(h *history.History) { h.Log[2].Commit.ID = "X" }},
		"a commit is there twice":                      {"log linearizability", func(h *history.History) { h.Log[5].Op = "c" }},
		"an event is another part's":                   {"log", func(h *history.History) { h.Log[4].Part = 0 }},
		"a message is missing":                         {"log", func(h *history.History) { h.Log[8].Seq = 10; h.Subscribers[0].Seqs[7] = 10 }},
		"an event follows another one than it says":    {"chain", func(h *history.History) { h.Log[3].Commit.Previous = 2 }},
		"the second event of a commit follows another": {"chain", func(h *history.History) { h.Log[2].Commit.Previous = 2 }},
		"an entry of the library's follows another":    {"chain", func(h *history.History) { h.Log[6].Commit.Previous = 2 }},
		"a server holds another message":               {"replicas", func(h *history.History) { h.Replicas[1].Digest[4] = 0 }},
		"a server holds a message less":                {"replicas", func(h *history.History) { h.Replicas[2].Digest = h.Replicas[2].Digest[:8] }},
		"two servers were not read":                    {"replicas", func(h *history.History) { h.Replicas = h.Replicas[:1] }},
		"a subscriber was given an event twice":        {"subscribers", func(h *history.History) { s := &h.Subscribers[0]; s.Seqs[3], s.IDs[3] = s.Seqs[2], s.IDs[2] }},
		"a subscriber was given another event":         {"subscribers", func(h *history.History) { h.Subscribers[0].IDs[7]++ }},
		"a subscriber was not given the last event":    {"subscribers", func(h *history.History) { s := &h.Subscribers[0]; s.Seqs, s.IDs = s.Seqs[:7], s.IDs[:7] }},
		"a subscriber was given one too many":          {"subscribers", func(h *history.History) { s := &h.Subscribers[0]; s.Seqs, s.IDs = append(s.Seqs, 10), append(s.IDs, 0) }},
		"a subscriber ended":                           {"subscribers", func(h *history.History) { h.Subscribers[0].Error = "why" }},
		"an output is of no input":                     {"reactor", func(h *history.History) { h.Log[7].Input = 5 }},
		"an output is there twice":                     {"reactor", func(h *history.History) { h.Log[8].Kind = check.Outputs[0] }},
		"an input has no output":                       {"reactor", func(h *history.History) { h.Log[4].Kind = check.Input }},
		"a load has folded something else":             {"snapshots", func(h *history.History) { h.Loads[1].Digest++ }},
		"a load has folded fewer events":               {"snapshots", func(h *history.History) { h.Loads[1].Events-- }},
		"a load is of half a commit":                   {"snapshots", func(h *history.History) { h.Loads[1].Version = 2 }},
		"a load is of another aggregate's event":       {"snapshots", func(h *history.History) { h.Loads[1].Version = 5; h.Loads[1].Return = 6 }},
		"a load came before the commit":                {"reads", func(h *history.History) { h.Loads[1].Call, h.Loads[1].Return = 0, 1 }},
		"a load failed":                                {"reads", func(h *history.History) { h.Loads[0].Error = "chain" }},
		"a commit passed on a stale version":           {"linearizability", func(h *history.History) { h.Ops[1].Parts[0].Expected = 0 }},
		"a commit of unknown outcome passed likewise":  {"linearizability", func(h *history.History) { h.Ops[3].Parts[0].Expected = 1 }},
		"an answer came before what it depends on":     {"linearizability order", func(h *history.History) { h.Ops[0].Call, h.Ops[0].Return = 8, 9; h.Loads = nil }},
		"an unchecked commit went back":                {"linearizability order", func(h *history.History) { h.Ops[5].Call, h.Ops[5].Return = 1, 2 }},
		"a commit is before one that was acked before": {"order", func(h *history.History) {
			h.Log[5].Aggregate, h.Ops[5].Parts[0].Aggregate, h.Log[5].Commit.Previous = "item.3", "item.3", 0
			h.Ops[3].Call = 9
		}},
		"nothing goes on": {"recovery", func(h *history.History) { h.Faults[0].Deadline = true }},
	} {
		t.Run(name, func(t *testing.T) {
			h := sound()
			wrong.do(h)
			require.Equal(t, wrong.by, flaggedText(h))
		})
	}
}

func flaggedText(h *history.History) (text string) {
	for i, name := range flagged(h) {
		if i > 0 {
			text += " "
		}
		text += name
	}
	return text
}

func TestAStaleLoadIsCountedAndNoViolation(t *testing.T) {
	h := sound()
	h.Loads = []history.Load{{Aggregate: "item.1", Call: 3, Return: 4}, {Aggregate: "item.1", Call: 9, Return: 10}, {Aggregate: "item.1", Call: 1, Return: 2}}
	require.Empty(t, flagged(h))
	count, oldest := check.Stale(h)
	require.Equal(t, 2, count)
	require.EqualValues(t, 7, oldest, "the first ack was missed longest")
}

func TestManyFindingsAreCountedAndAFewAreInWords(t *testing.T) {
	h := sound()
	for range 50 {
		h.Faults = append(h.Faults, history.Fault{Deadline: true})
	}
	f := check.Checkers[len(check.Checkers)-1].Run(h)
	require.Equal(t, 50, f.Count)
	require.Len(t, f.First, 10)
}

func TestAnUnfoundedConflictIsCountedAndNoViolation(t *testing.T) {
	h := sound()
	require.Zero(t, check.Unfounded(h), "the commit that won the race is the reason")
	lost := &h.Ops[2]
	lost.Parts[0].Expected = 2
	require.Zero(t, check.Unfounded(h), "an event after that version is")
	lost.Parts[0].Expected = 4
	require.Equal(t, 1, check.Unfounded(h), "it is the last one")
	lost.Parts[0].Expected = 99
	require.Zero(t, check.Unfounded(h), "there is no such version")
	lost.Parts[0].Expected, lost.Return = 3, 5
	require.Equal(t, 1, check.Unfounded(h), "the next one was asked for later")
	require.Empty(t, flagged(h))
}
