package jetstream

import (
	"context"
	"iter"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/internal/reader"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// LoadEvents yields the events that match any of the filters. Events of one
// aggregate take two round trips, and one more for each further page of up to 500, whatever
// the size of the stream; three over a connection within the machine, and one for each of
// up to about a thousand events that are far apart in it, where that is faster. Events of a
// kind over all aggregates come through a consumer, which ends with the loop; of
// up to four kinds through a consumer each, and so do those of more kinds that are less
// than two thirds of the stream. Otherwise the whole stream is read, and for more than a
// hundred aggregates a scan is used unless most of the stream is of others.
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
	var v reader.View
	if q.everywhere != nil || len(q.aggregates) > 1 {
		if v, err = s.stream.reader.View(ctx); err != nil || v.Head == 0 {
			return nil, err
		}
	}
	return s.history(ctx, q, v), nil
}

// history returns what must be merged to answer q up to the end of a view; an empty
// one stands for the end of the log.
func (s *Store[ID, M]) history(ctx context.Context, q *query[ID], v reader.View) []iter.Seq2[stored[ID, M], error] {
	var sources []iter.Seq2[stored[ID, M], error]
	aggregates, scanned := q.plan(v.Head)
	for tokens, r := range aggregates {
		plan := reader.ReadPlan{Filter: s.subjects.All(tokens), Subjects: r.subjects(q.prefix, tokens), From: r.from, Head: v.Head}
		sources = append(sources, s.events(ctx, s.stream.reader.Aggregate(ctx, plan), q))
	}
	if scanned != nil {
		messages := s.stream.reader.History(ctx, scanned.subjects(q.prefix, "*.*"), scanned.from, v)
		sources = append(sources, s.events(ctx, messages, q))
	}
	return sources
}

// merged yields the events of all sources in order of position, each once.
func merged[ID comparable, M any](sources []iter.Seq2[stored[ID, M], error]) iter.Seq2[stored[ID, M], error] {
	return reader.Merged(sources, func(e stored[ID, M]) uint64 { return e.Position })
}

// events decodes messages, and drops those that no filter selects: most of them
// undecoded.
func (s *Store[ID, M]) events(ctx context.Context, messages iter.Seq2[*wire.Message, error], q *query[ID]) iter.Seq2[stored[ID, M], error] {
	return func(yield func(stored[ID, M], error) bool) {
		for m, err := range messages {
			if err != nil {
				yield(stored[ID, M]{}, err)
				return
			}
			if ctx.Err() != nil {
				yield(stored[ID, M]{}, context.Cause(ctx))
				return
			}
			if !q.wants(m) {
				continue
			}
			e, ok, err := s.decode(m)
			if err != nil && s.isStruck(ctx, m) {
				continue // since the loop began
			}
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

// isStruck reports whether a message is in a gap by now.
func (s *Store[ID, M]) isStruck(ctx context.Context, m *wire.Message) bool {
	gaps, err := s.stream.reader.GapsOf(ctx, wire.WithKind(m.Subject, "*"))
	return err == nil && gaps.Has(m.Seq)
}
