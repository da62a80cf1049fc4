//go:build unix

package main

import (
	"errors"
	"slices"
	"time"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/check"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

func reactLate(h *history.History) error {
	h.Reactions[len(h.Reactions)/2].Late = true
	return nil
}

// reactTwice adds a tenure that begins with an event that was done long ago.
func reactTwice(h *history.History) error {
	h.Reactions[0].Began -= time.Hour
	again, last := h.Reactions[0], h.Reactions[len(h.Reactions)-1]
	again.Worker, again.Tenure, again.Began = "another", last.Tenure+1, last.Began+1
	h.Reactions = append(h.Reactions, again)
	return nil
}

func skipReaction(h *history.History) error {
	skipped := h.Reactions[len(h.Reactions)/2].Position
	h.Reactions = slices.DeleteFunc(h.Reactions, func(r history.Reaction) bool { return r.Position == skipped })
	return nil
}

func endWorker(h *history.History) error {
	h.Workers[0].Ended = append(h.Workers[0].Ended, "store is unavailable")
	return nil
}

// park adds an entry of the second store that parks an event.
func park(h *history.History) error {
	log := h.Second.Log
	last := log[len(log)-1].Seq
	log = append(log, history.Entry{
		Seq: last + 1, Kind: "parked", Aggregate: "_reactor-receipts.parked",
		Header: history.CommitHeader{ID: "PARKED", Count: 1, Total: 1},
	})
	h.Second.Log = log
	return nil
}

// silenceSecond makes the last event of the second store that is no input one: it has
// no outputs.
func silenceSecond(h *history.History) error {
	log := h.Second.Log
	i := len(log) - 1
	for i >= 0 && (log[i].System() || log[i].Kind == check.Input || slices.Contains(check.Outputs, log[i].Kind)) {
		i--
	}
	if i < 0 {
		return errors.New("the second store has inputs only")
	}
	log[i].Kind = check.Input
	return nil
}

func mixSecond(h *history.History) error {
	i := slices.IndexFunc(h.Second.Loads, func(l history.Load) bool { return l.Version > 0 })
	if i < 0 {
		return errors.New("no aggregate of the second store was loaded")
	}
	h.Second.Loads[i].Digest++
	return nil
}

// blockLoad makes a load time out while the snapshots are away.
func blockLoad(h *history.History) error {
	last := h.Loads[len(h.Loads)-1]
	h.Faults = append(h.Faults, history.Fault{Kind: history.SnapshotsAway, Healed: last.Return})
	h.Loads = append(h.Loads, history.Load{
		Client: last.Client, Aggregate: last.Aggregate, Snapshots: true, TimedOut: true,
		Interval: history.Interval{Call: last.Call, Return: last.Call + operationTime},
	})
	return nil
}
