package memory

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/jetsource/jetsource/core"
)

// Subscribe yields the events that match any of the filters, those that are here
// and then those that come, until ctx ends.
func (s *Store[ID, M]) Subscribe(ctx context.Context, filters ...core.Filter[ID, uint64]) iter.Seq2[core.StoredEvent[ID, uint64, M], error] {
	return func(yield func(core.StoredEvent[ID, uint64, M], error) bool) {
		log, changed := s.current()
		for _, f := range filters {
			after, _ := f.After.Position()
			from, _ := f.From.Position()
			if after > uint64(len(log)) || from > uint64(len(log))+1 {
				yield(core.StoredEvent[ID, uint64, M]{}, fmt.Errorf("subscribe from %d: %w", max(after+1, from), core.ErrBeyondEnd))
				return
			}
		}
		for next := 0; ; {
			for ; next < len(log) && ctx.Err() == nil; next++ {
				if !slices.ContainsFunc(filters, log[next].matches) {
					continue
				}
				if !yield(s.event(log[next]), nil) {
					return
				}
			}
			select {
			case <-ctx.Done():
				return
			case <-changed:
				log, changed = s.current()
			}
		}
	}
}

// current returns the log as it is, and what is closed when there is more of it.
func (s *Store[ID, M]) current() ([]*record[ID, M], <-chan struct{}) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.log, s.changed
}

// NextVersion returns the position of the first event after a version that any
// of the filters selects.
func (s *Store[ID, M]) NextVersion(ctx context.Context, after core.Version[uint64], filters ...core.Filter[ID, uint64]) (core.Version[uint64], error) {
	if ctx.Err() != nil {
		return core.Version[uint64]{}, context.Cause(ctx)
	}
	log, _ := s.current()
	at, _ := after.Position()
	for _, r := range log[min(at, uint64(len(log))):] {
		if slices.ContainsFunc(filters, r.matches) {
			return core.At(r.Position), nil
		}
	}
	return core.Version[uint64]{}, nil
}

// Distance returns the number of events after one version and up to another.
func (s *Store[ID, M]) Distance(after, upTo core.Version[uint64]) uint64 {
	a, _ := after.Position()
	b, _ := upTo.Position()
	return max(a, b) - a
}

// IDs yields the ids of the aggregates of a kind, those with the oldest events
// first.
func (s *Store[ID, M]) IDs(ctx context.Context, aggregateKind string) iter.Seq2[ID, error] {
	return func(yield func(ID, error) bool) {
		log, _ := s.current()
		seen := make(map[ID]bool)
		var none ID
		if ctx.Err() != nil {
			yield(none, context.Cause(ctx))
			return
		}
		for _, r := range log {
			if ctx.Err() != nil {
				yield(none, context.Cause(ctx))
				return
			}
			if !r.isEvent() || r.Key.Kind != aggregateKind || seen[r.Key.ID] {
				continue
			}
			seen[r.Key.ID] = true
			if !yield(r.Key.ID, nil) {
				return
			}
		}
	}
}
