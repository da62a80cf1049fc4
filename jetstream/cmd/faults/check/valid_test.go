package check_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/check"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// header is header Es-Commit, its fields in the order in which they are written.
func header(id string, offset, index, count int, previous uint64) history.CommitHeader {
	return history.CommitHeader{ID: id, Offset: offset, Index: index, Count: count, Previous: previous}
}

func interval(call, answer time.Duration) history.Interval {
	return history.Interval{Call: call, Return: answer}
}

// validHistory returns a history without a violation. Its log has a commit of one
// event, a commit of two, an ambiguous one to two aggregates, an input of the
// reactor, and the commit of its outputs.
func validHistory() *history.History {
	h := &history.History{
		Ops: validOps(),
		Log: []history.Entry{
			{Seq: 1, Kind: "item/added", Aggregate: "item.1", Op: "a", Header: header("A", 0, 0, 1, 0)},
			{Seq: 2, Kind: "item/added", Aggregate: "item.1", Op: "b", Header: header("B", 0, 0, 2, 1)},
			{Seq: 3, Kind: "item/added", Aggregate: "item.1", Op: "b", Index: 1, Header: header("B", 0, 1, 2, 1)},
			{Seq: 4, Kind: "item/added", Aggregate: "item.1", Op: "c", Header: header("C", 0, 0, 1, 3)},
			{Seq: 5, Kind: "item/added", Aggregate: "item.2", Op: "c", Part: 1, Header: header("C", 1, 0, 1, 0)},
			{Seq: 6, Kind: check.Input, Aggregate: "item.2", Op: "d", Header: header("D", 0, 0, 1, 5)},
			{Seq: 7, Kind: "checkpoint", Aggregate: "_reactor-r.partition-0", Header: header("E", 0, 0, 1, 0)},
			{Seq: 8, Kind: check.Outputs[0], Aggregate: "receipt.2", Input: 6, Header: header("E", 1, 0, 1, 0)},
			{Seq: 9, Kind: check.Outputs[1], Aggregate: "tally.0", Input: 6, Header: header("E", 2, 0, 1, 0)},
		},
		Faults:       []history.Fault{{Kind: "kill", Began: 2, Healed: 3, FirstAck: 6, AllAcked: 8}},
		Transactions: validTransactions(),
	}
	s := history.Subscriber{Name: "s"}
	for _, e := range h.Log {
		if !e.System() {
			s.Positions, s.IDs = append(s.Positions, e.Seq), append(s.IDs, history.Digest(e.Header.EventID()))
		}
	}
	h.Subscribers = []history.Subscriber{s}
	for i := range 3 {
		h.Replicas = append(h.Replicas, history.Replica{Node: fmt.Sprint(i), Digests: history.Numbers{9, 8, 7, 6, 5, 4, 3, 2, 1}})
	}
	digest := history.Fold(history.Fold(history.Fold(0, "a", 0, 0), "b", 0, 0), "b", 0, 1)
	h.Run.Effects = true
	h.Reactions = []history.Reaction{{Worker: "w1", Tenure: 1, Position: 6}, {Worker: "w2", Tenure: 2, Position: 6}}
	h.Workers = []history.Worker{{Name: "w1"}, {Name: "w2"}}
	h.Second = &history.Second{Log: slices.Clone(h.Log), Ops: validOps()}
	h.Loads = []history.Load{
		{Client: "c1", Interval: interval(0, 1), Aggregate: "item.1"},
		{Client: "c1", Interval: interval(3, 4), Aggregate: "item.1", Version: 3, Events: 3, Digest: digest, Snapshots: true},
	}
	h.Second.Loads = slices.Clone(h.Loads)
	return h
}

func validOps() []history.Op {
	return []history.Op{
		{ID: "a", Client: "c1", Interval: interval(1, 2), Outcome: history.Acked,
			Parts: []history.Part{{Aggregate: "item.1", Events: 1, Position: 1}}},
		{ID: "b", Client: "c2", Interval: interval(2, 4), Outcome: history.Acked,
			Parts: []history.Part{{Aggregate: "item.1", Expected: 1, Events: 2, Position: 3}}},
		{ID: "conflicting", Client: "c3", Interval: interval(2, 4), Outcome: history.Conflict,
			Parts: []history.Part{{Aggregate: "item.1", Expected: 1, Events: 1}}},
		{ID: "c", Client: "c1", Interval: interval(5, 6), Outcome: history.Ambiguous,
			Parts: []history.Part{{Aggregate: "item.1", Expected: 3, Events: 1}, {Aggregate: "item.2", Unchecked: true, Events: 1}}},
		{ID: "not recorded", Client: "c1", Interval: interval(5, 6), Outcome: history.Ambiguous,
			Parts: []history.Part{{Aggregate: "item.2", Events: 1}}},
		{ID: "d", Client: "c1", Interval: interval(7, 8), Outcome: history.Acked,
			Parts: []history.Part{{Aggregate: "item.2", Unchecked: true, Events: 1, Position: 6}}},
	}
}
