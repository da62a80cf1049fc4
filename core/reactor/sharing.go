package reactor

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jetsource/jetsource/core"
)

// shareByLeases works on as many partitions as the session is to have beside others.
func (s *session[ID, Pos, M]) shareByLeases(ctx context.Context) error {
	ttl := s.settings.leases.LeaseTTL()
	failing := false
	for ctx.Err() == nil {
		pause := ttl / 6
		settled, err := s.beat(ctx, ttl)
		switch {
		case errors.Is(err, core.ErrConflict):
			pause = ttl / 100
		case err != nil:
			if !failing && ctx.Err() == nil {
				s.runner().Logger().WarnContext(ctx, "leases cannot be renewed, will be asked again", "reactor", s.reactor.name, "error", err)
			}
		case !settled:
			pause = ttl / 20
		}
		failing = err != nil && !errors.Is(err, core.ErrConflict)
		if s.isLate() {
			s.lose(ctx, errSilent)
		}
		t := time.NewTimer(pause/2 + rand.N(pause/2+1))
		select {
		case <-t.C:
		case <-s.crew.wake:
		case <-ctx.Done():
		}
		t.Stop()
	}
	return nil
}

// errSilent says that a worker could not renew its leases in time.
var errSilent = errors.New("they could not be renewed in time")

// isLate reports whether the session has been silent for so long that others may take its
// partitions soon: they measure from a later moment than this one.
func (s *session[ID, Pos, M]) isLate() bool {
	alive := s.crew.alive.Load()
	return alive != nil && time.Since(*alive) > s.settings.leases.LeaseTTL()*2/3
}

// lose lets go of all partitions.
func (s *session[ID, Pos, M]) lose(ctx context.Context, reason error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lost := 0
	for _, p := range s.partitions {
		if p == nil {
			continue
		}
		if !p.leaving {
			lost++
		}
		p.leaving = true
		p.cancel()
	}
	if lost > 0 {
		s.runner().Logger().WarnContext(ctx, "partitions lost", "reactor", s.reactor.name, "partitions", lost, "error", ErrLeaseLost, "reason", reason)
	}
	s.crew.alive.Store(nil)
}

// beat says that the session is alive, and takes and gives back partitions. Settled reports
// whether it has those that it is to have.
func (s *session[ID, Pos, M]) beat(ctx context.Context, ttl time.Duration) (settled bool, err error) {
	r, err := s.readRoster(ctx)
	if err != nil {
		return false, err
	}
	s.crew.seen.see(r.Members) // before it joins: it may have sent this very beat long ago, unrecorded
	if was := r.join(s.crew.id); !was && s.crew.alive.Load() != nil {
		s.lose(ctx, errors.New("another worker has taken over"))
	}
	r.drop(func(m member) bool { return m.ID != s.crew.id && m.Silent > ttl })
	s.update(r, s.crew.id)
	released := s.give(r)
	missing := s.claim(r)
	if err := s.writeRoster(ctx, r); err != nil {
		return false, err
	}
	s.adopt(ctx, r, released)
	return missing == 0, nil
}

// give stops partitions that the session has too many of, and frees those that were stopped
// and have recorded everything. It returns these.
func (s *session[ID, Pos, M]) give(r *roster[Pos]) (released []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	active, want := 0, r.fairShare(s.crew.id)
	for n, p := range s.partitions {
		if p == nil {
			continue
		}
		mine := r.Partitions[n].Owner == s.crew.id
		switch {
		case p.ended && (p.ready == 0 || p.fenced):
			released = append(released, n)
			if mine && !p.fenced {
				r.Partitions[n].Owner, r.Partitions[n].Fault = "", nil // it may be claimed again at once
			}
		case p.fenced, !mine:
			if !p.leaving {
				s.runner().Logger().Warn("partition lost", "reactor", s.reactor.name, "partition", n, "error", ErrLeaseLost, "fenced", p.fenced)
			}
			p.leaving = true
			p.cancel()
		case p.ctx.Err() == nil:
			if active++; active > want {
				p.leaving = true
				p.cancel()
			}
		}
	}
	return released
}

// claim takes free partitions for the session, and returns how many more it is to have.
func (s *session[ID, Pos, M]) claim(r *roster[Pos]) (missing int) {
	missing = r.fairShare(s.crew.id)
	for _, h := range r.Partitions {
		if h.Owner == s.crew.id {
			missing--
		}
	}
	for n := range r.Partitions {
		if h := &r.Partitions[n]; missing > 0 && h.Owner == "" {
			h.Owner = s.crew.id
			missing--
		}
	}
	return missing
}

// adopt has the session work on what it has according to the roster.
func (s *session[ID, Pos, M]) adopt(ctx context.Context, r *roster[Pos], released []int) {
	least := r.least(s.crew.id, s.progress.Covers)
	s.mu.Lock()
	for _, n := range released {
		s.partitions[n] = nil
	}
	var added []int
	for n, h := range r.Partitions {
		if h.Owner == s.crew.id && s.partitions[n] == nil {
			added = append(added, n)
		}
	}
	s.others = func() (core.Version[Pos], bool) { return least, true }
	s.advance()
	s.mu.Unlock()
	if len(added) > 0 {
		s.runner().Logger().InfoContext(ctx, "partitions acquired", "reactor", s.reactor.name, "partitions", added)
	}
	for _, n := range added {
		s.add(ctx, n, r.Partitions[n].checkpoint)
	}
	if len(released) > 0 {
		s.runner().Logger().InfoContext(ctx, "partitions released", "reactor", s.reactor.name, "partitions", released)
	}
}
