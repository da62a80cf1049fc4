package reactor

import (
	"context"
	"errors"
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
	if s.progressStore() != nil {
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
			if c := p.checkpointAt(s.dispatcher.cursor, s.later); s.later(c, p.kept) {
				b.shares = append(b.shares, &batchPart[ID, Pos, M]{partition: p, reached: c, logAt: -1})
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
