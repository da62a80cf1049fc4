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

// settle gives commits that were sent as one, together all, their outcomes. At has
// the versions of their aggregates after a conflict, if they are known. The caller
// holds mu, as for all below.
func (b *batcher) settle(commits []*pending, all *commit, out outcome, at []uint64) {
	if out.Result == wire.Acked || len(commits) == 1 {
		b.learn(all, out)
		for _, p := range slices.Backward(commits) {
			b.finish(p, out)
			out.Seq -= uint64(p.size)
		}
		return
	}
	for _, p := range commits {
		p.suspect = b.replicated() // another leader may have written what this one denied
	}
	if out.Result == wire.Conflict || out.Result == wire.Rejected {
		again := slices.DeleteFunc(slices.Clone(commits), func(p *pending) bool { return p.abandoned })
		b.queue = append(again, b.queue...)
		stale := b.refuseStale(all.parts, at)
		for _, p := range stale {
			b.contend(p.parts)
		}
		if len(stale) > 0 {
			return
		}
	} else {
		for i, p := range commits {
			own := outcome{Outcome: wire.Outcome{Result: out.Result}}
			if i == len(commits)-1 {
				own.Err = out.Err // of the message that ends the batch
			}
			b.finish(p, own)
		}
	}
	for _, p := range commits { // one is to blame: they go in halves, in the end each by itself
		if out.Result != wire.Ambiguous {
			p.limit = max(1, len(commits)/2)
		}
	}
}

// finish gives a commit its outcome.
func (b *batcher) finish(p *pending, out outcome) {
	if !p.abandoned {
		out.suspect = p.suspect
		b.tuners[p.kind()].ended(p.size, out)
		p.done <- out
	}
}

// learn takes note of the outcome of a commit: its aggregates may be contended, and
// queued commits to them come too late.
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

// refuseStale refuses queued commits whose aggregates have moved on: those of parts
// to these versions. It returns which.
func (b *batcher) refuseStale(parts []*AggregateCommit, at []uint64) (stale []*pending) {
	versions := make(map[string]uint64, len(at))
	for i, seq := range at {
		versions[parts[i].Filter] = seq
	}
	b.queue = slices.DeleteFunc(b.queue, func(p *pending) bool {
		i := slices.IndexFunc(p.parts, func(p *AggregateCommit) bool { return versions[p.Filter] > p.Expected })
		if i < 0 {
			return false
		}
		b.finish(p, outcome{Outcome: wire.Outcome{Result: wire.Conflict, Actual: versions[p.parts[i].Filter], Known: true}})
		stale = append(stale, p)
		return true
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

// sendContended sends queued commits to contended aggregates, each by itself and
// one of an aggregate at a time. They take no room of a batch.
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
