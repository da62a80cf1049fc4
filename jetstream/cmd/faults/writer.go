//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

const (
	slots      = 48   // aggregates that are written all the time
	generation = 1500 // commits to one of them, before another takes its place
)

// targets are the aggregates that writers meet at. One that has many commits is
// left alone, for the search for their order takes space that grows with the
// square.
type targets struct {
	mu    sync.Mutex // guards count
	count [slots]int
}

// pick returns one of the aggregates, the first ones more often.
func (t *targets) pick(rng *rand.Rand) key {
	slot := min(rng.IntN(slots), rng.IntN(slots))
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count[slot]++
	return itemKey(fmt.Sprintf("s%02d-%d", slot, t.count[slot]/generation))
}

// writer is what the goroutines of one client share.
type writer struct {
	*client

	ops     context.Context // of commits and loads: they outlast the load
	targets *targets
	pause   time.Duration // between two commits, on average
	mu      sync.Mutex    // guards known
	known   map[key]version
}

// work commits until ctx ends. A commit that has begun goes on.
func (w *writer) work(ctx context.Context, thread string, rng *rand.Rand) {
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Duration(rng.ExpFloat64() * float64(w.pause))):
		}
		op, cancel := context.WithTimeout(w.ops, patience(rng))
		w.step(op, fmt.Sprintf("%s-%d", thread, n), rng)
		cancel()
	}
}

// patience is how long a commit or a load may take. Some have so little time that
// their outcome stays unknown when anything is wrong.
func patience(rng *rand.Rand) time.Duration {
	if rng.IntN(8) == 0 {
		return between(rng, 20*time.Millisecond, 2*second)
	}
	return opTime
}

// step is one commit or load.
func (w *writer) step(ctx context.Context, op string, rng *rand.Rand) {
	k := w.targets.pick(rng)
	if rng.IntN(2) == 0 {
		// The other half is committed on what the client knew, which is often old.
		if v, err := w.Version(ctx, k); err == nil {
			w.know(k, v)
		}
	}
	switch roll := rng.IntN(100); {
	case roll < 45:
		w.optimistic(ctx, k, events(op, 0, 1, false))
	case roll < 60:
		w.optimistic(ctx, k, events(op, 0, 2+rng.IntN(5), false))
	case roll < 65:
		w.optimistic(ctx, k, events(op, 0, 1, true))
	case roll < 75:
		w.unchecked(ctx, k, events(op, 0, 1+rng.IntN(3), false))
	case roll < 85:
		w.several(ctx, op, rng)
	case roll < 95:
		w.optimistic(ctx, itemKey("new-"+op), events(op, 0, 1+rng.IntN(3), false))
	default:
		w.load(ctx, k)
	}
}

func (w *writer) optimistic(ctx context.Context, k key, e []core.Event) {
	position, err := core.CommitEventsOptimistic(ctx, w, k, w.at(k), e, core.NoMetadata{})
	w.learn(k, position, err)
}

func (w *writer) unchecked(ctx context.Context, k key, e []core.Event) {
	position, err := core.CommitEvents(ctx, w, k, e, core.NoMetadata{})
	w.learn(k, position, err)
}

// several commits to two to four aggregates at once, some of them unchecked.
func (w *writer) several(ctx context.Context, op string, rng *rand.Rand) {
	var commits []commit
	seen := make(map[key]bool)
	for len(commits) < 2+rng.IntN(3) {
		k := w.targets.pick(rng)
		if seen[k] {
			continue
		}
		seen[k] = true
		commits = append(commits, commit{
			Key: k, Expected: w.at(k), Unchecked: rng.IntN(3) == 0,
			Events: events(op, len(commits), 1+rng.IntN(3), false),
		})
	}
	recorded, err := w.Commit(ctx, commits...)
	if of, ok := errors.AsType[*core.CommitError](err); ok {
		w.learn(commits[of.Index].Key, 0, of.Err)
		return
	}
	for i, one := range recorded {
		w.learn(commits[i].Key, one.Position, nil)
	}
}

// load loads an aggregate and folds it.
func (w *writer) load(ctx context.Context, k key) {
	l := history.Load{Client: w.name, Aggregate: tokens(k), Call: w.rec.now()}
	state, v, err := core.NewRepository(w.store, item).Load(ctx, k.ID)
	w.rec.loaded(l, state, v, err)
	if err == nil {
		w.know(k, v)
	}
}

// loaded writes down what a load came to.
func (r *recorder) loaded(l history.Load, state Item, v version, err error) {
	l.Return = r.now()
	switch {
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
		r.tooLate()
		return
	case err != nil && !errors.Is(err, core.ErrNotFound):
		l.Error = err.Error()
	}
	l.Version, _ = v.Position()
	l.Events, l.Digest = state.Events, state.Digest
	r.load(l)
}

// at is the version that the client believes the aggregate to be at.
func (w *writer) at(k key) version {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.known[k]
}

func (w *writer) know(k key, v version) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.known[k] = v
}

// learn takes note of the version that an answer tells.
func (w *writer) learn(k key, position uint64, err error) {
	conflict, ok := errors.AsType[*core.ConflictError[uint64]](err)
	switch {
	case err == nil:
		w.know(k, core.At(position))
	case ok:
		w.know(k, conflict.Actual)
	}
}
