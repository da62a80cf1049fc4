//go:build unix

package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// loseLast removes the last event from all servers and subscribers.
func loseLast(h *history.History) error {
	h.Log = h.Log[:len(h.Log)-1]
	for i := range h.Replicas {
		d := &h.Replicas[i].Digests
		*d = (*d)[:len(*d)-1]
	}
	for i := range h.Subscribers {
		s := &h.Subscribers[i]
		s.Positions, s.IDs = s.Positions[:len(s.Positions)-1], s.IDs[:len(s.IDs)-1]
	}
	return nil
}

// skipEvent removes an event from the middle of what a subscriber received.
func skipEvent(h *history.History) error {
	s := &h.Subscribers[1]
	i := len(s.Positions) / 2
	s.Positions, s.IDs = slices.Delete(s.Positions, i, i+1), slices.Delete(s.IDs, i, i+1)
	return nil
}

func diverge(h *history.History) error {
	d := h.Replicas[2].Digests
	d[len(d)/2]++
	return nil
}

// changeLoad changes a load of an aggregate with events.
func changeLoad(h *history.History, change func(*history.Load)) error {
	i := slices.IndexFunc(h.Loads, func(l history.Load) bool { return l.Version > 0 && l.Snapshots })
	if i < 0 {
		return errors.New("no aggregate with events was loaded")
	}
	change(&h.Loads[i])
	return nil
}

func misfold(h *history.History) error {
	return changeLoad(h, func(l *history.Load) { l.Digest++ })
}

func loadEarly(h *history.History) error {
	return changeLoad(h, func(l *history.Load) { l.Interval = history.Interval{} })
}

// reorder makes the only commit to an aggregate the last one that was asked for.
func reorder(h *history.History) error {
	i := slices.IndexFunc(h.Ops, func(op history.Op) bool {
		return op.Outcome == history.Acked && strings.HasPrefix(op.Parts[0].Aggregate, tokens(itemKey(newItem)))
	})
	if i < 0 {
		return errors.New("no new aggregate was committed to")
	}
	for _, op := range h.Ops {
		h.Ops[i].Call = max(h.Ops[i].Call, op.Return+1)
	}
	h.Ops[i].Return = h.Ops[i].Call
	return nil
}

func timeOut(h *history.History) error {
	h.Faults = append(h.Faults, history.Fault{Kind: "kill leader", TimedOut: true})
	return nil
}
