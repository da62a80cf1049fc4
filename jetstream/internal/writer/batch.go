package writer

import (
	"slices"
	"sync"
	"time"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// inFlight is what was sent for the queue and is not answered yet.
type inFlight struct {
	aggregates       map[string]bool // aggregates that have a commit in flight, by filter
	batches, commits int             // batches in flight, and the commits in them
	peak             int             // most commits in the queue and in batches, of late
	linger           linger
}

// linger is a moment in which the next batch waits for writers that come back.
type linger struct {
	target int           // length of the queue that ends it; 0 for none
	moment time.Duration // without another commit, which ends it too
	until  time.Time
	timer  *time.Timer
}

const (
	maxBatchBytes = 2 << 20
	slowBatch     = 250 * time.Millisecond // what takes longer no longer holds up others
	minLinger     = 200 * time.Microsecond // without another commit
	maxLinger     = time.Millisecond
)

// sendBatches sends batches while there is room. A second one in flight is for a good part of the load,
// so that both are used alike. The caller holds mu, as for all below.
func (b *batcher) sendBatches() {
	for f := &b.inFlight; len(b.queue) > 0 && b.life.Err() == nil; {
		if len(b.queue) < f.linger.target {
			f.linger.timer.Reset(min(f.linger.moment, time.Until(f.linger.until)))
			return
		}
		if f.batches > 0 && (f.batches >= b.maxInFlight() || 8*len(b.queue) < 3*f.peak) {
			return
		}
		f.linger.target = 0
		batch := b.next()
		if len(batch) == 0 {
			return
		}
		b.send(batch, 1)
	}
}

// maxInFlight is how many batches may be in flight.
func (b *batcher) maxInFlight() int { return int(max(b.tuners[0].mode, b.tuners[1].mode, oneBatch)) }

// share is how many commits a batch may have, so that each in flight has as many.
func (b *batcher) share() int {
	return (max(b.inFlight.peak, len(b.queue)) + b.maxInFlight() - 1) / b.maxInFlight()
}

// next takes a batch from the queue, within the limits of the server, and no aggregate twice.
func (b *batcher) next() (batch []*pending) {
	limit, size, bytes := b.share(), 0, 0
	b.queue = slices.DeleteFunc(b.queue, func(p *pending) bool {
		most := limit
		if p.limit > 0 {
			most = min(limit, p.limit)
		}
		full := len(batch) >= most || size+p.size > MaxEvents || bytes+p.bytes() > maxBatchBytes
		if full && len(batch) > 0 || !b.occupy(p) {
			return false
		}
		batch, limit, size, bytes = append(batch, p), most, size+p.size, bytes+p.bytes()
		return true
	})
	return batch
}

// occupy takes note that a commit is to be sent, unless one to the same aggregate is in flight.
func (b *batcher) occupy(p *pending) bool {
	if slices.ContainsFunc(p.parts, func(p *AggregateCommit) bool { return b.inFlight.aggregates[p.Filter] }) {
		return false
	}
	for _, part := range p.parts {
		b.inFlight.aggregates[part.Filter] = true
	}
	return true
}

// send sends commits as one, in the room of so many batches.
func (b *batcher) send(commits []*pending, room int) {
	all, f := &commit{id: commits[0].id}, &b.inFlight
	for _, p := range commits {
		all.parts, all.size = append(all.parts, p.parts...), all.size+p.size
	}
	f.batches, f.commits = f.batches+room, f.commits+room*len(commits)
	release := sync.OnceFunc(func() {
		f.batches, f.commits = f.batches-room, f.commits-room*len(commits)
		for _, p := range all.parts {
			delete(f.aggregates, p.Filter)
		}
	})
	b.wg.Go(func() {
		slow := time.AfterFunc(slowBatch, func() { b.ended(release) })
		out := b.attempt(b.life, all) // no writer's context ends what is sent for all
		slow.Stop()
		var at []uint64
		if out.Result == wire.Conflict && len(commits) > 1 {
			at = b.versions(b.life, all.parts)
		}
		b.ended(func() {
			f.peak = max(15*f.peak/16, f.commits+len(b.queue))
			if release(); out.Result == wire.Acked {
				b.startLinger(len(commits), out.answered.Sub(out.sent))
			}
			b.settle(commits, all, out, at)
		})
	})
}

// ended sends what waited for the end of a batch. It takes mu.
func (b *batcher) ended(release func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	release()
	b.sendContended()
	b.sendBatches()
}

// startLinger delays the next batch for writers whose commits were just acked, while they keep coming
// back, for a quarter of what a batch takes at most.
func (b *batcher) startLinger(acked int, took time.Duration) {
	target := min(len(b.queue)+acked, b.share())
	if acked < 4 || b.inFlight.batches > 0 || len(b.queue) >= target {
		return
	}
	l := &b.inFlight.linger
	l.target, l.moment, l.until = target, min(max(took/16, minLinger), maxLinger), time.Now().Add(took/4)
	l.timer = time.AfterFunc(l.moment, func() { b.ended(func() { b.inFlight.linger.target = 0 }) })
}
