//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// keepResolving asks for the outcomes of ambiguous commits until ctx ends.
func (c *client) keepResolving(ctx context.Context) {
	for ; ctx.Err() == nil; sleep(ctx, 200*time.Millisecond) {
		for _, a := range c.recorder.takeAmbiguous() {
			c.resolve(ctx, a)
		}
	}
}

// resolveAll asks for the outcomes of ambiguous commits until all are known or ctx
// ends. It commits to an aggregate of each first: after that a copy of the
// ambiguous commit that is still on its way can only conflict.
func (c *client) resolveAll(ctx context.Context) {
	for round := 0; ctx.Err() == nil; round++ {
		ambiguous := c.recorder.takeAmbiguous()
		for i, a := range ambiguous {
			op := fmt.Sprintf("%s.resolve.%d.%d", c.name, round, i)
			_, _ = core.CommitEvents(ctx, c, a.key, events(op, 0, 1), core.NoMetadata{})
			c.resolve(ctx, a)
		}
		if len(ambiguous) == 0 {
			return
		}
		sleep(ctx, 200*time.Millisecond)
	}
}

// resolve asks for the outcome of an ambiguous commit.
func (c *client) resolve(ctx context.Context, a ambiguousOp) {
	positions, err := c.Resolve(ctx, a.unknown)
	switch {
	case err == nil:
		c.recorder.resolved(a, history.Acked, positions)
	case errors.Is(err, core.ErrConflict):
		c.recorder.resolved(a, history.Conflict, nil)
	default:
		c.recorder.stillAmbiguous(a)
	}
}
