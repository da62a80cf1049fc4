//go:build unix

package main

import (
	"context"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// read returns what the clients were answered, and what their log holds. Their goroutines
// have ended.
func (t *transactions) read(ctx context.Context) (*history.Transactions, error) {
	h := &history.Transactions{Steps: t.steps}
	s := t.clients[0].store
	for stored, err := range s.LoadEvents(ctx, filter{}) {
		if err != nil {
			return nil, fmt.Errorf("read the log of the transactions: %w", err)
		}
		e := history.TransactionEvent{Seq: stored.Position, Commit: stored.Commit.ID, Aggregate: stored.Key.ID}
		if stored.Key.Kind == purse.Kind() {
			p, err := core.Decode[paid](s, stored)
			if err != nil {
				return nil, err
			}
			e.Step, e.Amount = p.Step, p.Amount
		} else {
			c, err := core.Decode[called](s, stored)
			if err != nil {
				return nil, err
			}
			e.Step, e.Name = c.Step, c.Name
		}
		h.Events = append(h.Events, e)
	}
	for fault, err := range core.CheckUnique(ctx, s, guest) {
		if err != nil {
			return nil, fmt.Errorf("check unique names: %w", err)
		}
		h.Lies = append(h.Lies, fault.String())
	}
	return h, nil
}
