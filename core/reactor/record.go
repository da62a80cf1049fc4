package reactor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/outlast"
)

// committer is the state of the goroutine that records outputs.
type committer struct {
	wake  chan struct{}
	limit int  // messages of the next batch; fewer after one was refused
	first int  // the partition that the next batch begins with
	busy  bool // a batch is being recorded

	mu   sync.Mutex
	idle chan struct{} // closed when nothing is left to record; nil while nothing waits for it
}

const (
	// linger is how long the committer waits for more while reactions are under way.
	linger = 3 * time.Millisecond
	// logEvery is how often progress without outputs is recorded in the log, where there is
	// no other place for it.
	logEvery = time.Second
)

// finishing returns what is closed when nothing is left to record.
func (c *committer) finishing() chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle = make(chan struct{})
	return c.idle
}

func (c *committer) isIdle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.idle != nil {
		select {
		case <-c.idle:
		default:
			close(c.idle)
		}
	}
}

// record records what reactions lead to until ctx ends.
func (s *session[ID, Pos, M]) record(ctx context.Context) error {
	tick := time.NewTicker(logEvery)
	defer tick.Stop()
	if s.register() != nil {
		tick.Stop()
	}
	lazy := false
	for ctx.Err() == nil {
		b, err := s.collect(ctx, lazy)
		if err != nil {
			return core.Final(err)
		}
		lazy = false
		if b != nil {
			if err := s.recordBatch(ctx, b); err != nil {
				return unlessEnded(ctx, err)
			}
			continue
		}
		s.committer.isIdle()
		select {
		case <-s.committer.wake:
		case <-tick.C:
			lazy = true
		case <-ctx.Done():
		}
	}
	return nil
}

// collect returns the next batch; nil if there is nothing to record. Lazy adds progress without
// outputs.
func (s *session[ID, Pos, M]) collect(ctx context.Context, lazy bool) (*batch[ID, Pos, M], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for until := time.Now().Add(linger); s.awaitsMore() && time.Now().Before(until); {
		s.mu.Unlock()
		pause := time.NewTimer(time.Until(until))
		select {
		case <-s.committer.wake:
		case <-pause.C:
		case <-ctx.Done():
		}
		pause.Stop()
		s.mu.Lock()
	}
	b := newBatch[ID, Pos, M]()
	limit := s.committer.limit
	if most := s.store.MaxEvents(); most > 0 {
		limit = min(limit, most)
	}
	for i := range s.partitions {
		p := s.partitions[(s.committer.first+i)%len(s.partitions)]
		if p == nil || !p.loaded || p.fenced || b.size >= limit {
			continue
		}
		if !b.add(p, limit) && lazy {
			if c := p.floor(s.dispatcher.cursor, s.later); s.later(c, p.kept) {
				b.shares = append(b.shares, &share[ID, Pos, M]{partition: p, reached: c, logAt: -1})
			}
		}
	}
	s.committer.first++
	s.committer.busy = len(b.shares) > 0
	if len(b.shares) == 0 {
		return nil, nil
	}
	return b, b.close(s.Worker)
}

// awaitsMore reports whether there is something to record, not yet a batch full, and a
// reaction under way that does not wait for that. The caller holds the lock.
func (s *session[ID, Pos, M]) awaitsMore() bool {
	waiting, under := 0, false
	for _, p := range s.partitions {
		if p == nil || p.ctx.Err() != nil {
			continue
		}
		waiting += p.ready
		if !p.failing && (p.reacting || len(p.items) > p.taken && p.busy[p.items[p.taken].stored.Key] == 0 && p.taken < maxAhead) {
			under = true
		}
	}
	return waiting > 0 && waiting < s.committer.limit/2 && under
}

// recordBatch records a batch, as often as it takes. It returns what ends the worker.
func (s *session[ID, Pos, M]) recordBatch(ctx context.Context, b *batch[ID, Pos, M]) error {
	commits := slices.Concat(b.heads, b.tails)
	unsure := false
	err := s.outlast(ctx, func() error {
		committed, err := s.store.Commit(ctx, commits...)
		if err == nil {
			s.recorded(b, func(i int) core.Version[Pos] { return core.At(committed[i].Position) })
			return nil
		}
		of, refused := errors.AsType[*core.CommitError](err)
		refused = refused && !isStoresFault(err)
		if unsure || !refused && !errors.Is(err, core.ErrTooLarge) {
			found, failed := s.wasRecorded(ctx, b)
			if found || failed != nil {
				return failed
			}
		}
		switch {
		case refused && of.Index < len(b.heads):
			return s.fenced(ctx, b.headOf[of.Index].partition)
		case refused && s.blameAll(b, of.Index, err):
			return nil
		case errors.Is(err, core.ErrTooLarge) || refused:
			s.split(b, err)
			return nil
		}
		unsure = true
		return err
	})
	if outlast.IsFinal(err) || ctx.Err() != nil {
		return err
	}
	return nil
}

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

// blameAll has the input whose output was refused be reacted to anew. The rest of the batch goes again,
// in smaller batches for a while. It returns false if it cannot tell which input it was.
func (s *session[ID, Pos, M]) blameAll(b *batch[ID, Pos, M], index int, err error) bool {
	items := b.blame(index)
	if len(items) != 1 {
		return false
	}
	s.refuse(b, items[0], err)
	return true
}

// split has the next batch be smaller, or blames the only input.
func (s *session[ID, Pos, M]) split(b *batch[ID, Pos, M], err error) {
	var with []*item[ID, Pos, M]
	for _, sh := range b.shares {
		for _, it := range sh.items {
			if it.state == ready {
				with = append(with, it)
			}
		}
	}
	if len(with) == 1 {
		s.refuse(b, with[0], err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.committer.limit = max(b.size/2, 1)
}

func (s *session[ID, Pos, M]) refuse(b *batch[ID, Pos, M], it *item[ID, Pos, M], err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sh := range b.shares {
		if slices.Contains(sh.items, it) {
			it.state, it.err = faulty, err
			sh.free(it)
			sh.ready--
			signal(sh.wake)
		}
	}
	s.committer.limit = max(b.size/2, 1)
}

// fenced marks a partition of which another process has recorded progress, or changed a
// timer: it begins anew. Without leases it ends the worker, if that is not the one that began
// last.
func (s *session[ID, Pos, M]) fenced(ctx context.Context, p *partition[ID, Pos, M]) error {
	if s.settings.leases == nil {
		if s.register() == nil {
			return s.fencedError()
		}
		if r, _, err := s.loadRoster(ctx); err == nil && r.index(s.crew.id) < 0 {
			return s.fencedError()
		}
	}
	s.mu.Lock()
	p.fenced = true
	s.mu.Unlock()
	signal(s.crew.wake)
	return nil
}

func (s *session[ID, Pos, M]) fencedError() error {
	return core.Final(fmt.Errorf("reactor %s: %w", s.reactor.name, ErrFenced))
}
