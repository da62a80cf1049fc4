package jetstream

import (
	"context"
	"iter"
	"slices"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/internal/reader"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// LoadEvents yields the events that match any of the filters. Events of one
// aggregate take two round trips, whatever the size of the stream. Events of a
// kind over all aggregates come through a consumer, which ends with the loop.
//
// On an unreplicated stream, and on a replicated one whose leader can be
// reached, everything that was acked before the loop began is seen. What a
// leader that is cut off has not received is not.
//
// Besides the errors of the contract there are [MessageError], [ChainError] and
// [ReadError].
func (s *Store[ID, M]) LoadEvents(ctx context.Context, filters ...core.Filter[ID, uint64]) iter.Seq2[core.StoredEvent[ID, uint64, M], error] {
	return func(yield func(stored[ID, M], error) bool) {
		if err := s.stream.conn.Usable(ctx); err != nil {
			yield(stored[ID, M]{}, err)
			return
		}
		sources, err := s.sources(ctx, filters)
		if err != nil {
			yield(stored[ID, M]{}, err)
			return
		}
		for e, err := range merged(sources) {
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// sources returns what must be merged to answer filters. More than one of them,
// or one over all aggregates, end at the same position.
func (s *Store[ID, M]) sources(ctx context.Context, filters []core.Filter[ID, uint64]) ([]iter.Seq2[stored[ID, M], error], error) {
	q, err := s.query(filters)
	if err != nil {
		return nil, err
	}
	var head uint64
	if q.everywhere != nil || len(q.aggregates) > 1 {
		if head, err = s.stream.conn.LastSequence(ctx, ">"); err != nil || head == 0 {
			return nil, err
		}
	}
	return s.history(ctx, q, head, filters), nil
}

// history returns what must be merged to answer q up to sequence head; 0 for the
// end of the log.
func (s *Store[ID, M]) history(ctx context.Context, q *query, head uint64, filters []core.Filter[ID, uint64]) []iter.Seq2[stored[ID, M], error] {
	var sources []iter.Seq2[stored[ID, M], error]
	for tokens, r := range q.aggregates {
		plan := reader.ReadPlan{Filter: s.subjects.All(tokens), Subjects: r.subjects(q.prefix, tokens), From: r.from, Head: head}
		sources = append(sources, s.events(s.stream.reader.Aggregate(ctx, plan), q, true, filters))
	}
	if r := q.everywhere; r != nil {
		for _, subjects := range splitByKind(r.subjects(q.prefix, "*.*")) {
			sources = append(sources, s.events(s.stream.reader.Scan(ctx, subjects, r.from, head), q, subjects != nil, filters))
		}
	}
	return sources
}

// maxScans is how many consumers read the kinds of one loop.
const maxScans = 4

// fewKinds reports whether subjects are faster read by a consumer each: a server
// takes ten times as long to find the next message on any of several as the next
// on one.
func fewKinds(subjects []string) bool { return len(subjects) > 1 && len(subjects) <= maxScans }

// splitByKind divides subjects among consumers.
func splitByKind(subjects []string) [][]string {
	if fewKinds(subjects) {
		return slices.Collect(slices.Chunk(subjects, 1))
	}
	return [][]string{subjects}
}

// events decodes messages, and drops those that no filter selects: most of them
// undecoded, where the stream is read as a whole. Where the server was asked to
// filter, a message that was not asked for is an error.
func (s *Store[ID, M]) events(messages iter.Seq2[*wire.Message, error], q *query, filtered bool, filters []core.Filter[ID, uint64]) iter.Seq2[stored[ID, M], error] {
	return func(yield func(stored[ID, M], error) bool) {
		for m, err := range messages {
			if err != nil {
				yield(stored[ID, M]{}, err)
				return
			}
			if !q.wants(m) {
				if filtered {
					yield(stored[ID, M]{}, wire.UnexpectedResponse(m))
					return
				}
				continue
			}
			e, ok, err := s.decode(m)
			if err != nil {
				yield(e, err)
				return
			}
			if ok && selected(e, filters) && !yield(e, nil) {
				return
			}
		}
	}
}
