package reactor

import (
	"context"
	"fmt"
	"slices"

	"github.com/jetsource/jetsource/core"
)

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
		if s.progressStore() == nil {
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
