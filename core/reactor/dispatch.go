package reactor

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jetsource/jetsource/core"
)

// dispatcher is the state of the one subscription. The session's mutex guards it.
type dispatcher[Pos comparable] struct {
	cursor  core.Version[Pos] // of the last event that was received
	restart context.CancelFunc
	wake    chan struct{}
}

const (
	// partitionTimeout is how long the subscription waits for a partition that falls behind while the
	// others may have nothing to do. Then it goes on without it, and comes back.
	partitionTimeout = 5 * time.Second
	// retryTimeout is the same for a partition whose reactions fail.
	retryTimeout = 100 * time.Millisecond
	// loadTimeout is how long it waits for partitions that are read.
	loadTimeout = 200 * time.Millisecond
)

var errSubscriptionEnded = errors.New("the subscription ended by itself")

// dispatch queues the events of the reactor. It subscribes anew when a partition is added, or
// comes back.
func (s *session[ID, Pos, M]) dispatch(ctx context.Context) error {
	err := s.outlast(ctx, func() error {
		for ctx.Err() == nil {
			if err := s.subscribe(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	return unlessEnded(ctx, err)
}

func (s *session[ID, Pos, M]) subscribe(ctx context.Context) error {
	sub, restart := context.WithCancel(ctx)
	defer restart()
	from, ok := s.attach(ctx, restart)
	if !ok {
		return nil
	}
	for stored, err := range s.store.Subscribe(sub, s.reactor.filters(from)...) {
		if sub.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		s.queue(sub, stored)
	}
	if sub.Err() != nil {
		return nil
	}
	return errSubscriptionEnded
}

// resubscribe has the subscription start anew, for a partition that is not part of it.
func (s *session[ID, Pos, M]) resubscribe() {
	s.mu.Lock()
	s.dispatcher.restart()
	s.mu.Unlock()
	signal(s.dispatcher.wake)
}

// attach returns where to subscribe from, for all partitions that are loaded. It waits until
// there is one.
func (s *session[ID, Pos, M]) attach(ctx context.Context, restart context.CancelFunc) (from core.Version[Pos], ok bool) {
	for since := time.Now(); ctx.Err() == nil; {
		s.mu.Lock()
		loading := slices.ContainsFunc(s.partitions, func(p *partition[ID, Pos, M]) bool { return p != nil && !p.loaded && p.ctx.Err() == nil })
		if !loading || time.Since(since) >= loadTimeout {
			for _, p := range s.partitions {
				if p == nil || !p.loaded || p.ctx.Err() != nil {
					continue
				}
				p.attached = true
				if !ok || s.progress.Covers(from, p.dispatched) {
					from, ok = p.dispatched, true
				}
			}
		}
		if ok {
			s.dispatcher.cursor, s.dispatcher.restart = from, restart
			s.advance()
			s.mu.Unlock()
			return from, true
		}
		s.mu.Unlock()
		pause := time.NewTimer(loadTimeout)
		select {
		case <-pause.C:
			if !loading {
				since = time.Now()
			}
		case <-s.dispatcher.wake:
		case <-ctx.Done():
		}
		pause.Stop()
	}
	return from, false
}

// queue queues an event for its partition, if this process has it, and waits for room.
func (s *session[ID, Pos, M]) queue(sub context.Context, stored core.StoredEvent[ID, Pos, M]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, before := core.At(stored.Position), s.dispatcher.cursor
	p := s.partitions[partitionOf(stored.Key, s.layout.Partitions)]
	if p != nil && p.attached && !s.progress.Covers(p.dispatched, at) && s.waitForRoom(sub, p) {
		it := &item[ID, Pos, M]{stored: stored, before: before, part: p.at.Partial.of(stored.Position)}
		it.skip = slices.Contains(s.control.Skip, stored.Position)
		p.items = append(p.items, it)
		p.dispatched = at
		signal(p.wake)
	}
	if sub.Err() == nil {
		s.dispatcher.cursor = at
		s.advance()
	}
}

// waitForRoom waits until a partition has room for an event. If it has none for too long, it is
// detached: the others do not wait for it. The caller holds the lock.
func (s *session[ID, Pos, M]) waitForRoom(sub context.Context, p *partition[ID, Pos, M]) bool {
	if len(p.items)-p.taken < maxQueue {
		return true
	}
	since := time.Now()
	for len(p.items)-p.taken >= maxQueue {
		left := partitionTimeout
		if p.failing {
			left = retryTimeout
		}
		if left -= time.Since(since); left <= 0 {
			p.attached = false
			return false
		}
		s.mu.Unlock()
		pause := time.NewTimer(min(left, retryTimeout))
		select {
		case <-p.room:
		case <-pause.C:
		case <-p.ctx.Done():
		case <-sub.Done():
		}
		pause.Stop()
		s.mu.Lock()
		if sub.Err() != nil || p.ctx.Err() != nil {
			return false
		}
	}
	return true
}
