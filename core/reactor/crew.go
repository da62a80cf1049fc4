package reactor

import (
	"context"
	"encoding/json"
	"errors"
	mathrand "math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/pause"
)

// crew is what a session knows of the others that run the reactor.
type crew[Pos comparable] struct {
	wake     chan struct{} // has a value if the partitions are to be looked at
	id       string
	revision uint64
	seen     sightings
	alive    atomic.Pointer[time.Time] // when the last beat was sent that was recorded
}

// progressStore returns where progress without outputs is recorded; nil for the log.
func (w *Worker[ID, Pos, M]) progressStore() Leases {
	if w.settings.leases != nil {
		return w.settings.leases
	}
	register, _ := w.store.(Leases)
	return register
}

// manage sees to it that the session works on the partitions that it is to have, until ctx
// ends.
func (s *session[ID, Pos, M]) manage(ctx context.Context) error {
	switch {
	case s.settings.leases != nil:
		return s.shareByLeases(ctx)
	case s.progressStore() != nil:
		return s.keepAlone(ctx)
	}
	for n := range s.partitions {
		s.add(ctx, n, checkpoint[Pos]{})
	}
	<-ctx.Done()
	return nil
}

// update writes down how far the partitions of an owner are, and reports whether that has
// changed.
func (s *session[ID, Pos, M]) update(r *roster[Pos], owner string) (changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n, p := range s.partitions {
		h := &r.Partitions[n]
		if p == nil || !p.loaded || h.Owner != owner {
			continue
		}
		if c := p.checkpointAt(s.dispatcher.cursor, s.later); s.later(c, h.checkpoint) {
			c.Batch = ""
			h.checkpoint, changed = c, true
		}
		if fault := p.fault; !fault.same(h.Fault) {
			h.Fault, changed = fault, true
		}
	}
	return changed
}

func (s *session[ID, Pos, M]) readRoster(ctx context.Context) (*roster[Pos], error) {
	r, revision, err := s.loadRoster(ctx)
	if err == nil {
		s.crew.revision = revision
	}
	return r, err
}

func (s *session[ID, Pos, M]) loadRoster(ctx context.Context) (*roster[Pos], uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, s.progressStore().LeaseTTL()/3)
	defer cancel()
	value, revision, err := s.progressStore().ReadLease(ctx, s.LeaseName())
	if err != nil {
		return nil, 0, err
	}
	return parseRoster[Pos](value, len(s.partitions)), revision, nil
}

func (s *session[ID, Pos, M]) writeRoster(ctx context.Context, r *roster[Pos]) error {
	ctx, cancel := context.WithTimeout(ctx, s.progressStore().LeaseTTL()/3)
	defer cancel()
	value, err := json.Marshal(r)
	if err != nil {
		return core.Final(err)
	}
	sent := time.Now()
	revision, err := s.progressStore().WriteLease(ctx, s.LeaseName(), value, s.crew.revision)
	if err == nil {
		s.crew.revision = revision
		s.crew.alive.Store(&sent)
	}
	return err
}

// leave records how far the partitions are when the session ends, and gives them back.
func (s *session[ID, Pos, M]) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	err := s.tryLeave(ctx)
	for attempt := 0; err != nil && attempt < 20 && errors.Is(err, core.ErrConflict) && ctx.Err() == nil; attempt++ {
		_ = pause.For(ctx, time.Duration(mathrand.IntN(50))*time.Millisecond)
		err = s.tryLeave(ctx)
	}
	if err != nil {
		s.runner().Logger().WarnContext(ctx, "progress not recorded, events will be delivered again", "reactor", s.reactor.name, "error", err)
	}
}

func (s *session[ID, Pos, M]) tryLeave(ctx context.Context) error {
	if s.progressStore() == nil {
		b, err := s.collect(ctx, true)
		if err != nil || b == nil {
			return err
		}
		_, err = s.store.Commit(ctx, append(b.heads, b.tails...)...)
		return err
	}
	r, err := s.rosterUnlessFenced(ctx)
	if errors.Is(err, ErrFenced) {
		return nil // others have what it had
	}
	if err != nil {
		return err
	}
	if s.settings.leases == nil {
		changed := s.update(r, "")
		for n := range r.Partitions {
			changed = changed || r.Partitions[n].Fault != nil
			r.Partitions[n].Fault = nil
		}
		if !changed {
			return nil
		}
		return s.writeRoster(ctx, r)
	}
	s.update(r, s.crew.id)
	r.drop(func(m member) bool { return m.ID == s.crew.id })
	return s.writeRoster(ctx, r)
}
