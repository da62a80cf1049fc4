//go:build unix

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/examples/faults/history"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/kvsnapshot"
)

// follower is a live subscriber of everything.
type follower struct {
	*client

	mu   sync.Mutex // guards seen
	seen history.Subscriber
}

// follow takes events until ctx ends.
func (f *follower) follow(ctx context.Context) {
	for e, err := range f.Subscribe(ctx, filter{}) {
		f.mu.Lock()
		if err != nil {
			f.seen.Error = err.Error()
		} else {
			f.seen.Seqs = append(f.seen.Seqs, e.Position)
			f.seen.IDs = append(f.seen.IDs, history.Digest(e.EventID()))
		}
		f.mu.Unlock()
	}
}

// last is the version that the follower has come to, and whether it goes on.
func (f *follower) last() (version, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.seen.Seqs) == 0 {
		return version{}, f.seen.Error == ""
	}
	return core.At(f.seen.Seqs[len(f.seen.Seqs)-1]), f.seen.Error == ""
}

// worker runs the reactor, again when it ends with an error.
type worker struct {
	*client

	leases   *jetstream.Leases
	restarts atomic.Int64
	current  atomic.Pointer[core.Worker[string, uint64, core.NoMetadata]]
}

func (w *worker) work(ctx context.Context) {
	for ctx.Err() == nil {
		c := core.NewWorker(w.store, reactor()).WithLease(w.leases)
		w.current.Store(c)
		if err := c.Run(ctx); err != nil {
			w.restarts.Add(1)
		}
	}
}

// done reports whether the worker, if it is the active one, has dealt with all
// inputs.
func (w *worker) done(ctx context.Context) bool {
	c := w.current.Load()
	if c == nil || c.Processed().IsZero() {
		return false
	}
	next, err := w.NextVersion(ctx, c.Processed(), filter{EventKind: placed{}.EventKind()})
	return err == nil && next.IsZero()
}

// loader loads by a repository with snapshots, and the same without.
type loader struct {
	*client

	ops       context.Context // of commits and loads: they outlast the load
	targets   *targets
	snapshots *counting
	commits   bool // before it loads
}

// counting counts the snapshots that are loaded and stored.
type counting struct {
	core.SnapshotStore[string, uint64]

	loaded, stored atomic.Int64
}

func (c *counting) LoadSnapshot(ctx context.Context, k core.SnapshotKey[string], state any) (core.Snapshot[uint64], bool, error) {
	s, ok, err := c.SnapshotStore.LoadSnapshot(ctx, k, state)
	if ok {
		c.loaded.Add(1)
	}
	return s, ok, err
}

func (c *counting) OfferSnapshot(ctx context.Context, k core.SnapshotKey[string], since int, create func() (core.Snapshot[uint64], error)) (core.SnapshotOffer, error) {
	offer, err := c.SnapshotStore.OfferSnapshot(ctx, k, since, create)
	if offer == core.Stored {
		c.stored.Add(1)
	}
	return offer, err
}

// openSnapshots opens a bucket of snapshots, one each ten events.
func (c *client) openSnapshots(ctx context.Context, bucket string) (*counting, error) {
	s, err := kvsnapshot.Open[string](ctx, c.nc, kvsnapshot.Config{Bucket: bucket, Policy: core.SnapshotEvery(10), Storage: kvsnapshot.Storage{Replicas: 3}})
	return &counting{SnapshotStore: s}, err
}

// note is a command that records an event, another one each time it decides.
type note struct{ next func() string }

// Handle returns the event.
func (n note) Handle(Item) ([]core.Event, error) { return events(n.next(), 0, 1, false), nil }

func (l *loader) work(ctx context.Context, rng *rand.Rand) {
	n := 0
	next := func() string {
		n++
		return fmt.Sprintf("%s-%d", l.name, n)
	}
	plain := core.NewRepository[Item, string, uint64, core.NoMetadata](l.client, item)
	snapped := plain.WithSnapshots(l.snapshots).WithRetries(2)
	for ctx.Err() == nil {
		op, cancel := context.WithTimeout(l.ops, opTime)
		id := l.targets.pick(rng).ID
		if l.commits {
			_, _ = snapped.Upsert(op, id, note{next}) // its commits are written down
		}
		l.load(op, id, snapped, true)
		l.load(op, id, plain, false)
		cancel()
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (l *loader) load(ctx context.Context, id string, from *core.Repository[Item, string, uint64, core.NoMetadata], snapshot bool) {
	h := history.Load{Client: l.name, Aggregate: tokens(itemKey(id)), Call: l.rec.now(), Snapshot: snapshot}
	state, v, err := from.Load(ctx, id)
	l.rec.loaded(h, state, v, err)
}
