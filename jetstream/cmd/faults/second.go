//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// second is a second store in the account of the first one. Its reactor and its
// aggregates have the names of those of the first, and its leases and snapshots are in
// the same buckets.
type second struct {
	*client

	snapshots core.SnapshotStore[string, uint64]
	refused   atomic.Int64 // commits of the reactor, because the stream was full
	limited   bool         // the stream has a limit
}

// secondSuffix makes the name of its stream from that of the first one.
const secondSuffix = "_SECOND"

// startSecond opens the second store and starts its worker, which parks an event after
// one failure.
func (r *run) startSecond(ctx context.Context, g *group) (err error) {
	if !r.options.load.size.second {
		return nil
	}
	s := &second{}
	rec := newRecorder()
	rec.began = r.recorder.began
	if s.client, err = r.openClient(ctx, r.stream+secondSuffix, "second", 0, r.cluster.URLs(0), rec); err != nil {
		return err
	}
	if s.snapshots, err = r.openSnapshots(ctx, s.nc, rec); err != nil {
		return fmt.Errorf("open snapshots: %w", err)
	}
	leases, err := r.openLeases(ctx, s.nc)
	if err != nil {
		return fmt.Errorf("open leases: %w", err)
	}
	r.second = s
	w := &worker{client: s.client, reactor: "receipts of " + s.name, create: func() *itemWorker {
		return reactor.NewWorker(&countsRefusals{s.store, &s.refused}, newReactor()).WithLeases(leases).ParkAfter(1)
	}}
	r.workers = append(r.workers, w)
	g.run(w.run)
	return nil
}

// countsRefusals is a store that counts the commits that are refused because the
// stream is full.
type countsRefusals struct {
	*store

	refused *atomic.Int64
}

// Commit commits as the store does.
func (c *countsRefusals) Commit(ctx context.Context, commits ...commit) ([]committed, error) {
	recorded, err := c.store.Commit(ctx, commits...)
	if errors.Is(err, jetstream.ErrStoreFull) {
		c.refused.Add(1)
	}
	return recorded, err
}

// run commits and loads until ctx ends. An operation that has begun ends with ops.
func (s *second) run(ctx, ops context.Context, rng *rand.Rand) {
	repository := core.NewRepository[Item, string, uint64, core.NoMetadata](s.client, item).WithSnapshots(s.snapshots)
	for n := 0; ctx.Err() == nil; n++ {
		op := fmt.Sprintf("%s-%d", s.name, n)
		committed := events(op, 0, 1+rng.IntN(2))
		if n%2 == 1 {
			committed = inputs(op, 1)
		}
		k := itemKey(fmt.Sprintf("s%02d-0", rng.IntN(4)))
		s.step(ops, k, committed, repository)
		sleep(ctx, 20*time.Millisecond)
	}
}

// step commits to an aggregate, and loads it.
func (s *second) step(ctx context.Context, k key, committed []core.Event, from *repository) {
	ctx, cancel := context.WithTimeout(ctx, operationTime)
	defer cancel()
	_, _ = core.CommitEvents(ctx, s.client, k, committed, core.NoMetadata{}) // the client records the answer
	l := history.Load{Client: s.name, Aggregate: tokens(k), Snapshots: true}
	l.Call = s.recorder.now()
	state, v, err := from.Load(ctx, k.ID)
	s.recorder.loaded(l, state, v, err)
}

// history returns what its clients recorded. Their goroutines have ended.
func (s *second) history() *history.Second {
	return &history.Second{Ops: s.recorder.ops, Loads: s.recorder.loads, Full: int(s.refused.Load())}
}
