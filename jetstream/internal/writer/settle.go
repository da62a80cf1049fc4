package writer

import (
	"slices"
	"time"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

const (
	contendedTime = time.Second // since the last conflict
	maxContended  = 1024
)

// settle gives commits that were sent as one, together all, their outcomes. At has the versions of their
// aggregates after a conflict, if they are known. The caller holds mu, as for all below.
func (b *batcher) settle(commits []*pending, all *commit, out outcome, at []uint64) {
	for _, p := range commits { // another leader may have written what one denied
		p.suspect = p.suspect || len(commits) > 1 && out.Result != wire.Acked && b.replicated()
	}
	switch {
	case out.Result == wire.Acked || len(commits) == 1:
		b.learn(all, out)
	case out.Result == wire.Conflict || out.Result == wire.Rejected:
		again := slices.DeleteFunc(slices.Clone(commits), func(p *pending) bool { return p.abandoned })
		b.queue = append(again, b.queue...)
		stale := b.refuseStale(all.parts, at)
		for _, p := range stale {
			b.contend(p.parts)
		}
		if len(stale) == 0 {
			halve(commits)
		}
		return
	case out.InFlight:
		halve(commits)
	}
	for _, p := range slices.Backward(commits) {
		b.finish(p, out)
		out.Seq, out.Err = out.Seq-uint64(p.size), nil // an error is of the message that ends the batch
	}
}

// halve has commits go in batches of half as many, in the end each by itself.
func halve(commits []*pending) {
	for _, p := range commits {
		p.limit = max(1, len(commits)/2)
	}
}

// finish gives a commit its outcome.
func (b *batcher) finish(p *pending, out outcome) {
	if !p.abandoned {
		out.suspect = p.suspect
		b.tuner(p.commit).ended(p.size, out)
		p.done <- out
	}
}

// learn takes note of what the outcome of a commit says of its aggregates: that they are contended, and
// that queued commits come too late.
func (b *batcher) learn(c *commit, out outcome) {
	switch {
	case len(b.queue) == 0:
	case out.Result == wire.Acked:
		b.refuseStale(c.parts, c.positions(out.Seq))
	case out.Known && len(c.parts) == 1:
		b.refuseStale(c.parts, []uint64{out.Actual})
	}
	if out.Result == wire.Conflict || out.InFlight {
		b.contend(c.parts)
		b.sendContended()
	}
}

// refuseStale refuses queued commits whose aggregates, those of parts, have moved on to these versions.
func (b *batcher) refuseStale(parts []*AggregateCommit, at []uint64) (stale []*pending) {
	versions := make(map[string]uint64, len(at))
	for i, seq := range at {
		versions[parts[i].Filter] = seq
	}
	b.queue = slices.DeleteFunc(b.queue, func(p *pending) bool {
		i := slices.IndexFunc(p.parts, func(p *AggregateCommit) bool { return versions[p.Filter] > p.Expected })
		if i >= 0 {
			b.finish(p, outcome{Outcome: wire.Outcome{Result: wire.Conflict, Actual: versions[p.parts[i].Filter], Known: true}})
			stale = append(stale, p)
		}
		return i >= 0
	})
	return stale
}

// contend remembers for a while that several writers compete for aggregates.
func (b *batcher) contend(parts []*AggregateCommit) {
	if len(b.contended) >= maxContended {
		clear(b.contended)
	}
	for _, p := range parts {
		b.contended[p.Filter] = time.Now().Add(contendedTime)
	}
}

// isContended reports whether a commit is to a contended aggregate.
func (b *batcher) isContended(c *commit) bool {
	return len(b.contended) > 0 && slices.ContainsFunc(c.parts, func(p *AggregateCommit) bool { return time.Now().Before(b.contended[p.Filter]) })
}

// sendContended sends queued commits to contended aggregates, each by itself, in the room of no batch.
func (b *batcher) sendContended() {
	if len(b.contended) == 0 || b.life.Err() != nil {
		return
	}
	b.queue = slices.DeleteFunc(b.queue, func(p *pending) bool {
		if !b.isContended(p.commit) || !b.occupy(p) {
			return false
		}
		b.send([]*pending{p}, 0)
		return true
	})
}
