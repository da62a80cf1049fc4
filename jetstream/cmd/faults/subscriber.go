//go:build unix

package main

import (
	"context"
	"sync"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// subscriber subscribes to all events.
type subscriber struct {
	*client

	mu       sync.Mutex // guards received
	received history.Subscriber
}

// run receives events until ctx ends.
func (s *subscriber) run(ctx context.Context) {
	for e, err := range s.Subscribe(ctx, filter{}) {
		s.mu.Lock()
		if err != nil {
			s.received.Error = err.Error()
		} else {
			s.received.Positions = append(s.received.Positions, e.Position)
			s.received.IDs = append(s.received.IDs, history.Digest(e.EventID()))
		}
		s.mu.Unlock()
	}
}

// last returns the version of the last event that was received. It returns false
// if the subscription has failed.
func (s *subscriber) last() (version, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.received.Positions
	if len(p) == 0 {
		return version{}, s.received.Error == ""
	}
	return core.At(p[len(p)-1]), s.received.Error == ""
}
