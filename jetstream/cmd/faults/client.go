//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// client is a store over a connection of its own that records each commit. A
// repository can use it as its store.
type client struct {
	*store

	name     string
	prefix   string // first token of the store's subjects
	nc       *nats.Conn
	recorder *recorder
}

var _ core.EventStore[string, uint64, core.NoMetadata] = (*client)(nil)

// Commit commits as the store does, and records the commit with its answer.
func (c *client) Commit(ctx context.Context, commits ...commit) ([]committed, error) {
	op := c.newOp(commits)
	op.Call = c.recorder.now()
	recorded, err := c.store.Commit(ctx, commits...)
	op.Return = c.recorder.now()
	unknown, isUnknown := errors.AsType[*jetstream.UnknownOutcomeError](err)
	switch {
	case err == nil:
		op.Outcome = history.Acked
		for i, one := range recorded {
			op.Parts[i].Position = one.Position
		}
	case errors.Is(err, core.ErrConflict):
		op.Outcome = history.Conflict
	case isUnknown:
		op.Outcome, op.WasAmbiguous = history.Ambiguous, true
	default:
		op.Outcome = history.Rejected
	}
	if err != nil {
		op.Error = err.Error()
	}
	c.recorder.answered(op, commits[0], unknown)
	return recorded, err
}

// newOp returns the record of a commit that has no answer yet.
func (c *client) newOp(commits []commit) history.Op {
	m, ok := commits[0].Events[0].(interface{ mark() Mark })
	if !ok {
		panic(fmt.Sprintf("event %T has no mark", commits[0].Events[0]))
	}
	op := history.Op{ID: m.mark().Op, Client: c.name}
	for _, one := range commits {
		expected, _ := one.Expected.Position()
		op.Parts = append(op.Parts, history.Part{
			Aggregate: tokens(one.Key), Unchecked: one.Unchecked, Expected: expected, Events: len(one.Events),
		})
	}
	return op
}
