//go:build unix

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// loader loads contended aggregates by a repository with snapshots, and by one
// without.
type loader struct {
	*client

	contended *contendedAggregates
	snapshots core.SnapshotStore[string, uint64]
	commits   bool // it commits an event before it loads
}

// addEvent is a command that records an event, with another mark each time it is
// handled.
type addEvent struct{ nextOp func() string }

// Handle returns the event.
func (c addEvent) Handle(Item) ([]core.Event, error) { return events(c.nextOp(), 0, 1), nil }

// run loads until ctx ends. Its commits and loads end with ops.
func (l *loader) run(ctx, ops context.Context, rng *rand.Rand) {
	n := 0
	command := addEvent{func() string {
		n++
		return fmt.Sprintf("%s-%d", l.name, n)
	}}
	plain := core.NewRepository[Item, string, uint64, core.NoMetadata](l.client, item)
	withSnapshots := plain.WithSnapshots(l.snapshots).WithRetries(2)
	for ; ctx.Err() == nil; sleep(ctx, 20*time.Millisecond) {
		l.step(ops, rng, command, plain, withSnapshots)
	}
}

func (l *loader) step(ctx context.Context, rng *rand.Rand, command addEvent, plain, withSnapshots *repository) {
	id := l.contended.pick(rng).ID
	if l.commits {
		ctx, cancel := context.WithTimeout(ctx, operationTime)
		_, _ = withSnapshots.Upsert(ctx, id, command) // the client records the answer
		cancel()
	}
	l.load(ctx, id, withSnapshots, true)
	l.load(ctx, id, plain, false)
}

// load loads an aggregate. It has a time of its own: one that times out did take it.
func (l *loader) load(ctx context.Context, id string, from *repository, snapshots bool) {
	ctx, cancel := context.WithTimeout(ctx, operationTime)
	defer cancel()
	h := history.Load{Client: l.name, Aggregate: tokens(itemKey(id)), Snapshots: snapshots}
	h.Call = l.recorder.now()
	state, v, err := from.Load(ctx, id)
	l.recorder.loaded(h, state, v, err)
}
