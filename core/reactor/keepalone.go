package reactor

import (
	"context"
	"errors"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/pause"
)

// keepEvery is how often progress without outputs is recorded by a worker without leases.
const keepEvery = 500 * time.Millisecond

// keepAlone works on all partitions, and keeps their progress. It says that it does, and ends
// when another worker has said so after it.
func (s *session[ID, Pos, M]) keepAlone(ctx context.Context) error {
	var r *roster[Pos]
	err := s.outlast(ctx, func() (err error) {
		if r, err = s.readRoster(ctx); err != nil {
			return err
		}
		r.Members = []member{{ID: s.crew.id}}
		return s.writeRoster(ctx, r)
	})
	if err != nil {
		return unlessEnded(ctx, err)
	}
	for n := range s.partitions {
		s.add(ctx, n, r.Partitions[n].checkpoint)
	}
	for pause.For(ctx, keepEvery) == nil {
		s.reload(ctx, r)
		if !s.update(r, "") {
			continue
		}
		err := s.writeRoster(ctx, r)
		if errors.Is(err, core.ErrConflict) {
			_, err = s.rosterUnlessFenced(ctx)
		}
		switch {
		case errors.Is(err, ErrFenced):
			return s.fencedError()
		case err != nil:
			s.runner().Logger().DebugContext(ctx, "progress not recorded yet", "reactor", s.reactor.name, "error", err)
		}
	}
	return nil
}

// rosterUnlessFenced returns the roster, or ErrFenced if another worker has begun after this one.
func (s *session[ID, Pos, M]) rosterUnlessFenced(ctx context.Context) (*roster[Pos], error) {
	r, err := s.readRoster(ctx)
	if err == nil && r.index(s.crew.id) < 0 {
		err = ErrFenced
	}
	return r, err
}

// reload has partitions begin anew of which another worker has recorded progress, before it was
// fenced itself.
func (s *session[ID, Pos, M]) reload(ctx context.Context, r *roster[Pos]) {
	s.mu.Lock()
	var again []int
	for n, p := range s.partitions {
		if p.fenced {
			p.cancel()
			if p.ended {
				again = append(again, n)
			}
		}
	}
	s.mu.Unlock()
	for _, n := range again {
		s.add(ctx, n, r.Partitions[n].checkpoint)
	}
}
