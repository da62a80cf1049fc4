package writer

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// batcher implements group commit: commits of many writers share atomic batches, in which each keeps
// its own expectation, so that a batch changes no result.
//
// While a batch is in flight, commits queue; when it is acked, the queue becomes the next batch. On a
// replicated stream two batches of about equal size may be in flight. After an ack the next batch lingers
// for a moment, for writers that come back with another commit. Whether commits are batched at all, and
// with how many batches in flight, is decided by a tuner for commits of one event and another for commits
// of several; what is not batched is sent directly, waits for nothing, and holds up nothing. Two commits
// of one aggregate never share a batch, in which the server would accept both: the second stays in the
// queue, and is refused there as soon as the first is acked. A commit to a contended aggregate is sent by
// itself, one at a time, for it may be refused, and its batch with it. When a batch is refused, the
// commits whose aggregates have moved on get the conflict and the rest goes again, in halves if none is
// to blame. When a batch is not answered, each of its commits is ambiguous, and resolved by its own
// writer; after a quarter of a second it no longer holds up others. A writer whose context ends takes its
// commit from the queue; one that is in flight is ambiguous to it, while the batch goes on.
type batcher struct {
	transport
	setting GroupCommit
	wg      sync.WaitGroup // what was sent for the queue

	mu        sync.Mutex // guards what follows
	tuners    [2]tuner   // of commits of one event, and of several
	queue     []*pending
	inFlight  inFlight
	contended map[string]time.Time // until when aggregates are, by filter
}

// transport is what a batcher needs of the store.
type transport struct {
	life       context.Context                                    // ends when the store is closed
	attempt    func(context.Context, *commit) outcome             // sends a commit once
	versions   func(context.Context, []*AggregateCommit) []uint64 // of aggregates, as the leader has them; nil if unknown
	replicated func() bool                                        // whether a denial is suspect
}

// pending is a commit in the queue or in flight.
type pending struct {
	*commit
	suspect   bool // a batch with it was denied, maybe by a deposed leader
	abandoned bool // its writer does not wait any more
	done      chan outcome
}

func newBatcher(setting GroupCommit, t transport) *batcher {
	return &batcher{transport: t, setting: setting, inFlight: inFlight{aggregates: make(map[string]bool)}, contended: make(map[string]time.Time)}
}

// adopt says which modes of sending there are: two batches in flight on a replicated stream only; and
// commits of several events are always batched on a staged one, unreplicated and on disk, where the
// server takes its time for each batch.
func (b *batcher) adopt(replicated, staged bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for kind := range b.tuners {
		least, most := directly, oneBatch
		if b.setting == GroupCommitAlways || staged && kind > 0 {
			least = oneBatch
		}
		if replicated {
			most = twoBatches
		}
		b.tuners[kind].allow(least, most)
	}
}

// tuner returns the tuner of the commit.
func (b *batcher) tuner(c *commit) *tuner { return &b.tuners[min(c.size, 2)-1] }

// submit sends the commit once, directly or as part of a batch.
func (b *batcher) submit(ctx context.Context, c *commit) outcome {
	if b.setting == GroupCommitNever {
		return b.attempt(ctx, c)
	}
	b.mu.Lock()
	t, send := b.tuner(c), b.sendBatches
	t.load += c.size
	if b.isContended(c) {
		send = b.sendContended
	} else if t.mode == directly {
		b.mu.Unlock()
		return b.sendDirect(ctx, c)
	}
	p := &pending{commit: c, done: make(chan outcome, 1)}
	b.queue = append(b.queue, p)
	send()
	b.mu.Unlock()
	select {
	case out := <-p.done:
		return out
	case <-ctx.Done():
	case <-b.life.Done():
	}
	return b.abandon(p)
}

// sendDirect sends a commit that bypasses the queue.
func (b *batcher) sendDirect(ctx context.Context, c *commit) outcome {
	out := b.attempt(ctx, c)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.learn(c, out)
	b.tuner(c).ended(c.size, out)
	return out
}

// abandon gives up a commit whose context, or store, has ended.
func (b *batcher) abandon(p *pending) outcome {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(p.done) > 0 {
		return <-p.done
	}
	out := outcome{Outcome: wire.Outcome{Result: wire.Ambiguous}}
	if i := slices.Index(b.queue, p); i >= 0 {
		b.queue = slices.Delete(b.queue, i, i+1)
		out.Result = wire.NotWritten
	}
	b.finish(p, out)
	p.abandoned = true
	return <-p.done
}

// close waits for the end of what is in flight, once the store's life has ended.
func (b *batcher) close() {
	b.ended(func() {}) // from here on nothing is sent for the queue
	b.wg.Wait()
}
