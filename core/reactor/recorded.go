package reactor

import (
	"context"

	"github.com/jetsource/jetsource/core"
)

// wasRecorded finds out whether an earlier attempt of a batch was recorded, whose answer was
// lost.
func (s *session[ID, Pos, M]) wasRecorded(ctx context.Context, b *batch[ID, Pos, M]) (bool, error) {
	last, ok, err := s.store.LastEntry(ctx, s.partitionKey(b.shares[0].number))
	if err != nil || !ok {
		return false, err
	}
	c, err := s.parseCheckpoint(last)
	if err != nil || c.Batch != b.id {
		return false, err
	}
	positions := make([]core.Version[Pos], len(b.heads))
	for i, c := range b.heads {
		last, _, err := s.store.LastEntry(ctx, c.Entry.Key)
		if err != nil {
			return false, err
		}
		positions[i] = core.At(last.Position)
	}
	s.recorded(b, func(i int) core.Version[Pos] { return positions[i] })
	return true, nil
}

// recorded moves the partitions of a batch on. Position tells that of each entry.
func (s *session[ID, Pos, M]) recorded(b *batch[ID, Pos, M], position func(head int) core.Version[Pos]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sh := range b.shares {
		p := sh.partition
		p.entry, p.kept = position(sh.entry), sh.reached
		for _, it := range sh.items {
			if it.state == ready {
				p.free(it)
				p.ready--
			}
			p.pop()
		}
		if len(sh.items) > 0 {
			p.at = sh.reached
		}
		p.settle()
		if sh.log != nil {
			p.timersAt = position(sh.logAt)
			p.timers.apply(sh.log, p.timersAt)
		}
		signal(p.wake)
	}
	s.committer.limit = min(2*s.committer.limit, maxBatch)
	s.advance()
}

// free takes an item from those whose aggregates have outputs that are not recorded.
func (p *partition[ID, Pos, M]) free(it *item[ID, Pos, M]) {
	if p.busy[it.stored.Key]--; p.busy[it.stored.Key] <= 0 {
		delete(p.busy, it.stored.Key)
	}
}
