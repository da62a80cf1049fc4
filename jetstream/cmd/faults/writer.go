//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// operationTime is how long a commit or a load may take.
const operationTime = 30 * time.Second

// writer is what the threads of one client share.
type writer struct {
	*client

	contended *contendedAggregates
	pause     time.Duration // between two operations of a thread, on average
	known     *knownVersions
}

// run commits and loads until ctx ends. An operation that has begun ends with ops.
func (w *writer) run(ctx, ops context.Context, thread string, rng *rand.Rand) {
	for n := 0; ; n++ {
		if sleep(ctx, time.Duration(rng.ExpFloat64()*float64(w.pause))); ctx.Err() != nil {
			return
		}
		op, cancel := context.WithTimeout(ops, randomTimeout(rng))
		w.step(op, fmt.Sprintf("%s-%d", thread, n), rng)
		cancel()
	}
}

// randomTimeout returns the timeout of an operation. One of eight is so short that
// a fault makes the outcome ambiguous.
func randomTimeout(rng *rand.Rand) time.Duration {
	if rng.IntN(8) == 0 {
		return between(rng, 20*time.Millisecond, 2*time.Second)
	}
	return operationTime
}

// step does one operation. Half of them are made on the version that the client
// knows, which is often old.
func (w *writer) step(ctx context.Context, op string, rng *rand.Rand) {
	k := w.contended.pick(rng)
	if rng.IntN(2) == 0 {
		if v, err := w.Version(ctx, k); err == nil {
			w.known.set(k, v)
		}
	}
	switch percent := rng.IntN(100); {
	case percent < 45:
		w.optimistic(ctx, k, events(op, 0, 1))
	case percent < 60:
		w.optimistic(ctx, k, events(op, 0, 2+rng.IntN(5)))
	case percent < 65:
		w.optimistic(ctx, k, inputs(op, 1))
	case percent < 75:
		w.unchecked(ctx, k, events(op, 0, 1+rng.IntN(3)))
	case percent < 85:
		w.severalAggregates(ctx, op, rng)
	case percent < 95:
		w.optimistic(ctx, itemKey(newItem+op), events(op, 0, 1+rng.IntN(3)))
	default:
		w.load(ctx, k)
	}
}

func (w *writer) optimistic(ctx context.Context, k key, e []core.Event) {
	position, err := core.CommitEventsOptimistic(ctx, w, k, w.known.get(k), e, core.NoMetadata{})
	w.known.answered(k, position, err)
}

func (w *writer) unchecked(ctx context.Context, k key, e []core.Event) {
	position, err := core.CommitEvents(ctx, w, k, e, core.NoMetadata{})
	w.known.answered(k, position, err)
}

// severalAggregates commits to two to four aggregates at once, to some of them
// unchecked.
func (w *writer) severalAggregates(ctx context.Context, op string, rng *rand.Rand) {
	var commits []commit
	seen := make(map[key]bool)
	for len(commits) < 2+rng.IntN(3) {
		k := w.contended.pick(rng)
		if seen[k] {
			continue
		}
		seen[k] = true
		commits = append(commits, commit{
			Key: k, Expected: w.known.get(k), Unchecked: rng.IntN(3) == 0,
			Events: events(op, len(commits), 1+rng.IntN(3)),
		})
	}
	recorded, err := w.Commit(ctx, commits...)
	if failed, ok := errors.AsType[*core.CommitError](err); ok {
		w.known.answered(commits[failed.Index].Key, 0, failed.Err)
		return
	}
	for i, one := range recorded {
		w.known.answered(commits[i].Key, one.Position, nil)
	}
}

// load loads an aggregate and folds it.
func (w *writer) load(ctx context.Context, k key) {
	l := history.Load{Client: w.name, Aggregate: tokens(k)}
	l.Call = w.recorder.now()
	state, v, err := core.NewRepository(w.store, item).Load(ctx, k.ID)
	w.recorder.loaded(l, state, v, err)
	if err == nil {
		w.known.set(k, v)
	}
}
