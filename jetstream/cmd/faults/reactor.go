//go:build unix

package main

import (
	"context"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/reactor"
)

// Outputs of the reactor.
type (
	written struct {
		Input uint64 `json:"input"`
	}
	counted struct {
		Input uint64 `json:"input"`
	}
)

func (written) EventKind() string { return "receipt.written" }
func (counted) EventKind() string { return "tally.counted" }

// newReactor returns the reactor. For each item that was placed it records a
// receipt, and an event of one of three tallies.
func newReactor() *itemReactor {
	return reactor.Define("receipts", reactor.Produce(func(_ context.Context, e core.Recorded[placed, string, uint64, core.NoMetadata]) ([]commit, error) {
		tally := fmt.Sprintf("t%d", e.Position%3)
		return []commit{
			{Key: key{Kind: "receipt", ID: e.Key.ID}, Unchecked: true, Events: []core.Event{written{e.Position}}},
			{Key: key{Kind: "tally", ID: tally}, Unchecked: true, Events: []core.Event{counted{e.Position}}},
		}, nil
	}))
}
