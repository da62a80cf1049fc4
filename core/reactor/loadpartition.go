package reactor

import (
	"context"

	"github.com/jetsource/jetsource/core"
)

// add has the session work on a partition from a checkpoint on, or from where the log says, if
// that is later.
func (s *session[ID, Pos, M]) add(ctx context.Context, number int, from checkpoint[Pos]) {
	p := &partition[ID, Pos, M]{number: number}
	p.wake, p.room = make(chan struct{}, 1), make(chan struct{}, 1)
	p.busy = make(map[core.Key[ID]]int)
	p.at = from
	p.ctx, p.cancel = context.WithCancel(ctx)
	if s.settings.leases != nil {
		p.ctx = &heldContext{p.ctx, s.isLate, p.cancel}
	}
	s.mu.Lock()
	s.partitions[number] = p
	s.mu.Unlock()
	s.tasks.run(func() error {
		defer func() {
			p.cancel()
			s.mu.Lock()
			p.ended = true
			s.mu.Unlock()
			signal(s.crew.wake)
		}()
		if err := s.outlast(p.ctx, func() error { return s.load(p) }); err != nil {
			return unlessEnded(p.ctx, err)
		}
		return s.work(p)
	})
}

// unlessEnded returns err, or nil once ctx has ended.
func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return nil
}

// load reads what was recorded of a partition.
func (s *session[ID, Pos, M]) load(p *partition[ID, Pos, M]) error {
	at, entry, err := s.reached(p.ctx, p.number, s.layout, p.at)
	if err != nil {
		return err
	}
	ts, timersAt, err := s.loadTimers(p.ctx, p.number)
	if err != nil {
		return err
	}
	held, err := s.loadHeld(p.ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	p.at, p.entry, p.kept, p.dispatched = at, entry, at, at.Processed
	p.timers, p.timersAt, p.held, p.loaded = ts, timersAt, held, true
	s.mu.Unlock()
	s.resubscribe()
	return nil
}

// loadHeld returns the aggregates of which an event is parked, if others are held back.
func (s *session[ID, Pos, M]) loadHeld(ctx context.Context) (map[string]bool, error) {
	held := make(map[string]bool)
	if !s.settings.holdBack {
		return held, nil
	}
	parked, err := s.Parked(ctx)
	for _, p := range parked {
		held[p.Key] = true
	}
	return held, err
}
