//go:build unix

package main

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/jetstream"
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
func newReactor() *reactor.Reactor[string, uint64, core.NoMetadata] {
	return reactor.Define("receipts", reactor.Produce(func(_ context.Context, e core.Recorded[placed, string, uint64, core.NoMetadata]) ([]commit, error) {
		tally := fmt.Sprintf("t%d", e.Position%3)
		return []commit{
			{Key: key{Kind: "receipt", ID: e.Key.ID}, Unchecked: true, Events: []core.Event{written{e.Position}}},
			{Key: key{Kind: "tally", ID: tally}, Unchecked: true, Events: []core.Event{counted{e.Position}}},
		}, nil
	}))
}

// worker runs the reactor. It starts it again if it ends with an error.
type worker struct {
	*client

	leases   *jetstream.Leases
	restarts atomic.Int64
	current  atomic.Pointer[reactor.Worker[string, uint64, core.NoMetadata]]
}

func (w *worker) run(ctx context.Context) {
	for ctx.Err() == nil {
		c := reactor.NewWorker(w.store, newReactor()).WithLease(w.leases)
		w.current.Store(c)
		if err := c.Run(ctx); err != nil {
			w.restarts.Add(1)
		}
	}
}

// isDone reports whether the worker is the active one and has processed all
// inputs.
func (w *worker) isDone(ctx context.Context) bool {
	c := w.current.Load()
	if c == nil || c.Processed().IsZero() {
		return false
	}
	next, err := w.NextVersion(ctx, c.Processed(), filter{EventKind: placed{}.EventKind()})
	return err == nil && next.IsZero()
}
