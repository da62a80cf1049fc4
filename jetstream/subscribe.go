package jetstream

import (
	"context"
	"iter"

	"github.com/jetsource/jetsource/core"
)

// Subscribe yields the events that match any of the filters: history, then live.
// It goes on through lost connections, deleted consumers, and servers and leaders
// that come and go; a consumer that is silent for more than a second is replaced
// by another one.
//
// The history of named aggregates is read as by [Store.LoadEvents], and so is that
// of several kinds, also when a slow loop has fallen far behind. Live events come through
// one consumer without a filter, which the subscriptions of a store share; the first two
// subscriptions with filters have a filtered one of their own.
func (s *Store[ID, M]) Subscribe(ctx context.Context, filters ...core.Filter[ID, uint64]) iter.Seq2[core.StoredEvent[ID, uint64, M], error] {
	return func(yield func(stored[ID, M], error) bool) {
		err := s.subscribe(ctx, filters, yield)
		if err != nil && ctx.Err() == nil {
			yield(stored[ID, M]{}, err)
		}
	}
}

func (s *Store[ID, M]) subscribe(ctx context.Context, filters []core.Filter[ID, uint64], yield func(stored[ID, M], error) bool) error {
	if err := s.stream.conn.Usable(ctx); err != nil {
		return err
	}
	q, err := s.query(filters)
	if err != nil {
		return err
	}
	next, ok := q.from()
	if !ok {
		// No event can match, now or ever.
		return s.stream.conn.Wait(ctx)
	}
	if err := s.stream.reader.CheckEnd(ctx, latestStart(filters)); err != nil {
		return err
	}
	sub := &subscription[ID, M]{Store: s, query: q, next: next, yield: yield}
	if more, err := sub.catchUp(ctx); err != nil || !more {
		return err
	}
	return sub.follow(ctx)
}

// subscription is one loop over history and what follows it.
type subscription[ID comparable, M any] struct {
	*Store[ID, M]

	query *query[ID]
	next  uint64 // the sequence after the processed position
	yield func(stored[ID, M], error) bool
}

// catchUp yields the history of named aggregates as LoadEvents does. It returns
// false if the loop was broken.
func (s *subscription[ID, M]) catchUp(ctx context.Context) (more bool, err error) {
	q := s.query
	if len(q.aggregates) == 0 {
		return true, nil
	}
	v, err := s.stream.reader.View(ctx)
	if err != nil || v.Head < s.next {
		return err == nil, err
	}
	more, err = s.deliver(merged(s.history(ctx, q, v)))
	switch {
	case err == nil && more:
		s.next = v.Head + 1
	case err != nil && q.everywhere != nil && s.stream.conn.Usable(ctx) == nil:
		return true, nil // follow retries for longer, and goes on where this ended
	}
	return more, err
}

// follow yields what is not read by catchUp, then live events.
func (s *subscription[ID, M]) follow(ctx context.Context) error {
	subjects := s.query.subjects()
	if s.query.everywhere != nil && len(s.query.aggregates) > 0 {
		subjects = nil // the server takes no filters that overlap
	}
	_, err := s.deliver(s.events(ctx, s.stream.reader.Follow(ctx, subjects, s.next), s.query))
	return err
}

// deliver yields events. It returns false if the loop was broken.
func (s *subscription[ID, M]) deliver(events iter.Seq2[stored[ID, M], error]) (more bool, err error) {
	for e, err := range events {
		if err != nil {
			return false, err
		}
		s.next = e.Position + 1
		if !s.yield(e, nil) {
			return false, nil
		}
	}
	return true, nil
}

// latestStart returns the latest position that a filter starts from.
func latestStart[ID comparable](filters []core.Filter[ID, uint64]) uint64 {
	latest := uint64(0)
	for _, f := range filters {
		if from, ok := firstPosition(f); ok {
			latest = max(latest, from)
		}
	}
	return latest
}
