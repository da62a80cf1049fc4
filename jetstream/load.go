package jetstream

import (
	"context"
	"iter"

	"github.com/jetsource/jetsource/core"
)

// LoadEvents yields the events that match any of the filters. Events of one
// aggregate take two round trips, whatever the size of the stream. Events of a
// kind over all aggregates come through a consumer, which ends with the loop; of
// up to four kinds through a consumer each. For more kinds than that the whole
// stream is read, and for more than a hundred aggregates a scan is used unless
// most of the stream is of others.
//
// On an unreplicated stream, and on a replicated one whose leader can be
// reached, everything that was acked before the loop began is seen. What a
// partitioned leader has not heard of yet is not.
//
// Besides the errors of the contract there are [MessageError], [ChainError] and
// [ReadError].
func (s *Store[ID, M]) LoadEvents(ctx context.Context, filters ...core.Filter[ID, uint64]) iter.Seq2[core.StoredEvent[ID, uint64, M], error] {
	return func(yield func(stored[ID, M], error) bool) {
		if err := s.stream.usable(ctx); err != nil {
			yield(stored[ID, M]{}, err)
			return
		}
		sources, err := s.sources(ctx, filters)
		if err != nil {
			yield(stored[ID, M]{}, err)
			return
		}
		for e, err := range merged(sources, positionOf[ID, M]) {
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// sources returns what must be merged to answer filters. More than one of them,
// or one over all aggregates, end at the same point of the stream.
func (s *Store[ID, M]) sources(ctx context.Context, filters []core.Filter[ID, uint64]) ([]iter.Seq2[stored[ID, M], error], error) {
	q, err := s.query(filters)
	if err != nil {
		return nil, err
	}
	var head uint64
	if q.everywhere != nil || len(q.aggregates) > 1 {
		if head, err = s.stream.lastOf(ctx, ">"); err != nil || head == 0 {
			return nil, err
		}
	}
	return s.upTo(ctx, q, head), nil
}

// upTo returns what must be merged to answer q up to sequence head; 0 for all
// there is.
func (s *Store[ID, M]) upTo(ctx context.Context, q *query[ID], head uint64) []iter.Seq2[stored[ID, M], error] {
	var sources []iter.Seq2[stored[ID, M], error]
	aggregates, scanned := q.plan(head)
	for tokens, r := range aggregates {
		sc := scope{filter: s.subjects.all(tokens), kinds: r.subjects(q.prefix, tokens), from: r.from, upTo: head}
		sources = append(sources, s.events(s.stream.readAggregate(ctx, sc), q))
	}
	if scanned != nil {
		messages := s.stream.history(ctx, scanned.subjects(q.prefix, "*.*"), scanned.from, head)
		sources = append(sources, s.events(messages, q))
	}
	return sources
}

func positionOf[ID comparable, M any](e stored[ID, M]) uint64 { return e.Position }

// events opens messages, and drops those that no filter selects: most of them
// unopened.
func (s *Store[ID, M]) events(messages iter.Seq2[*message, error], q *query[ID]) iter.Seq2[stored[ID, M], error] {
	return func(yield func(stored[ID, M], error) bool) {
		for m, err := range messages {
			if err != nil {
				yield(stored[ID, M]{}, err)
				return
			}
			if !q.wants(m) {
				continue
			}
			e, ok, err := s.open(m)
			if err != nil {
				yield(e, err)
				return
			}
			if ok && q.selection.selects(e.Kind, e.Key, e.Position) && !yield(e, nil) {
				return
			}
		}
	}
}
