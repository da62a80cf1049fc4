//go:build unix

package main

import (
	"errors"
	"slices"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// owe makes the last payment one that its pair cannot afford, as without a guard.
func owe(h *history.History) error {
	events := h.Transactions.Events
	for i := range slices.Backward(events) {
		if events[i].Name == "" {
			events[i].Amount = -1_000_000
			return nil
		}
	}
	return errors.New("no transaction paid")
}

// shareName gives the last guest that was called the name of another one.
func shareName(h *history.History) error {
	events := h.Transactions.Events
	i := len(events) - 1
	for i >= 0 && events[i].Name == "" {
		i--
	}
	names := make(map[string]string)
	for _, e := range events {
		if e.Name != "" {
			names[e.Aggregate] = e.Name
		}
	}
	for other, name := range names {
		if other != events[i].Aggregate {
			events[i].Name = name
			return nil
		}
	}
	return errors.New("only one guest has a name")
}

// loseStep removes an acked transaction from the log.
func loseStep(h *history.History) error {
	t := h.Transactions
	i := slices.IndexFunc(t.Steps, func(s history.Step) bool { return s.Outcome == history.Acked })
	if i < 0 {
		return errors.New("no transaction was acked")
	}
	t.Events = slices.DeleteFunc(t.Events, func(e history.TransactionEvent) bool { return e.Step == t.Steps[i].ID })
	return nil
}
