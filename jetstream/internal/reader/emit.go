package reader

import (
	"context"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// emit yields a message, unless readers pass over it. What a live scan reads beyond
// its view may be of a commit that lost its end, and is held until that is known. A
// scan of every subject holds all commits: what follows tells, whatever names them.
func (s *scan) emit(ctx context.Context, m *wire.Message) error {
	known := m.Seq <= s.view.Head
	if known && s.view.Passes(m) {
		s.hold.drop()
		return nil
	}
	if known && len(s.filters) > 0 {
		s.yieldOne(m)
		return nil
	}
	if len(s.filters) > 0 && !s.hold.isOf(m) {
		if err := s.resolve(ctx); err != nil || s.stopped {
			return err
		}
	}
	s.yieldAll(s.hold.add(m))
	return nil
}

// resolve resolves what is held. A consumer without filters brings what decides by
// itself.
func (s *scan) resolve(ctx context.Context) error {
	if len(s.filters) == 0 || len(s.hold.held) == 0 {
		return nil
	}
	return s.resolveHeld(ctx)
}

// resolveHeld yields the commit that is held, if it has its end.
func (s *scan) resolveHeld(ctx context.Context) error {
	messages, err := s.hold.resolve(ctx, s.conn)
	if err != nil {
		return err
	}
	s.yieldAll(messages)
	return nil
}

// yieldAll yields messages, save entries that name gaps.
func (s *scan) yieldAll(messages []*wire.Message) {
	for _, m := range messages {
		if wire.IsGapEntry(m.Subject) {
			s.last = m
			continue
		}
		if s.yieldOne(m); s.stopped {
			return
		}
	}
}

func (s *scan) yieldOne(m *wire.Message) {
	s.last = m
	s.stopped = !s.yield(m, nil)
}
