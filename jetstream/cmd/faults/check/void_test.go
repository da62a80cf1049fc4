package check_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/check"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// voidHistory returns a valid history with a commit of four events to two aggregates
// that lacks its last one, the entries that name it, and the same commit again.
func voidHistory() *history.History {
	h := validHistory()
	torn := []history.Void{{From: 10, To: 12, Commit: "F"}}
	event := func(seq uint64, aggregate string, part, index, count int, previous uint64) history.Entry {
		c := header("F", 2*part, index, count, previous)
		c.Total = 4
		return history.Entry{Seq: seq, Kind: "item/added", Aggregate: aggregate, Op: "f", Part: part, Index: index, Header: c}
	}
	h.Log = append(h.Log, event(10, "item.1", 0, 0, 2, 4), event(11, "item.1", 0, 1, 2, 4), event(12, "item.2", 1, 0, 2, 6),
		history.Entry{Seq: 13, Kind: "_void", Aggregate: "item.1", Voids: torn, Header: header("G", 0, 0, 1, 11)},
		history.Entry{Seq: 14, Kind: "_void", Aggregate: "item.2", Voids: torn, Header: header("G", 1, 0, 1, 12)},
		event(15, "item.1", 0, 0, 2, 13), event(16, "item.1", 0, 1, 2, 13), event(17, "item.2", 1, 0, 2, 14), event(18, "item.2", 1, 1, 2, 14))
	h.Ops = append(h.Ops, history.Op{ID: "f", Client: "c1", Interval: interval(9, 10), Outcome: history.Acked, Parts: []history.Part{
		{Aggregate: "item.1", Expected: 4, Events: 2, Position: 16}, {Aggregate: "item.2", Expected: 6, Events: 2, Position: 18}}})
	s := &h.Subscribers[0]
	for _, e := range h.Log[14:] {
		s.Positions, s.IDs = append(s.Positions, e.Seq), append(s.IDs, history.Digest(e.Header.EventID()))
	}
	for i := range h.Replicas {
		for range 9 {
			h.Replicas[i].Digests = append(h.Replicas[i].Digests, 1)
		}
	}
	return h
}

// cutAtVoid returns the history without the second try of the commit.
func cutAtVoid(h *history.History, outcome history.Outcome) {
	h.Log = h.Log[:14]
	s := &h.Subscribers[0]
	s.Positions, s.IDs = s.Positions[:8], s.IDs[:8]
	h.Ops[len(h.Ops)-1].Outcome = outcome
}

func TestAVoidCommitIsNoViolation(t *testing.T) {
	require.Empty(t, violated(voidHistory()), "it was sent again")
	for _, outcome := range []history.Outcome{history.Ambiguous, history.Conflict, history.Rejected} {
		h := voidHistory()
		cutAtVoid(h, outcome)
		require.Empty(t, violated(h), outcome)
	}
}

func TestViolationsWithAVoidCommit(t *testing.T) {
	for _, v := range []violation{
		{"it was acked", "log", func(h *history.History) { cutAtVoid(h, history.Acked) }},
		{"no entry of an aggregate names it", "log", func(h *history.History) { h.Log[12].Voids = nil }},
		{"an entry names less of it", "log", func(h *history.History) { h.Log[13].Voids = []history.Void{{From: 10, To: 11, Commit: "F"}} }},
		{"an entry names a commit that is whole", "log", func(h *history.History) {
			h.Log[12].Voids = append([]history.Void{{From: 1, To: 1, Commit: "A"}}, h.Log[12].Voids...)
		}},
		{"a subscriber received an event of it", "subscribers", func(h *history.History) {
			h.Subscribers[0].Positions[8], h.Subscribers[0].IDs[8] = 10, history.Digest(h.Log[9].Header.EventID())
		}},
		{"a load is at an event of it", "snapshots reads", func(h *history.History) {
			h.Loads[1].Version, h.Loads[1].Events = 11, 6
		}},
		{"a load folded an event of it", "snapshots", func(h *history.History) {
			l := &h.Loads[1]
			l.Version, l.Events, l.Interval = 16, 8, interval(11, 12)
			for _, e := range h.Log[3:] {
				if e.Aggregate == "item.1" && !e.System() {
					l.Digest = history.Fold(l.Digest, e.Op, e.Part, e.Index)
				}
			}
		}},
	} {
		t.Run(v.name, func(t *testing.T) {
			h := voidHistory()
			v.change(h)
			require.Equal(t, v.checkers, violated(h))
		})
	}
	require.Equal(t, 1, check.VoidCommits(voidHistory()))
}
