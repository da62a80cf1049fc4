package jetstream

import (
	"context"
	"iter"
	"slices"

	"github.com/jetsource/jetsource/core"
)

// LoadEvents yields the events that match any of the filters. Events of one
// aggregate take two round trips, whatever the size of the stream. Events of a
// kind over all aggregates come through a consumer, which ends with the loop.
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
		for e, err := range merged(sources) {
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
	return s.upTo(ctx, q, head, filters), nil
}

// upTo returns what must be merged to answer q up to sequence head; 0 for all
// there is.
func (s *Store[ID, M]) upTo(ctx context.Context, q *query, head uint64, filters []core.Filter[ID, uint64]) []iter.Seq2[stored[ID, M], error] {
	var sources []iter.Seq2[stored[ID, M], error]
	for tokens, r := range q.aggregates {
		sc := scope{filter: s.subjects.all(tokens), kinds: r.subjects(q.prefix, tokens), from: r.from, upTo: head}
		sources = append(sources, s.events(s.stream.readAggregate(ctx, sc), q, true, filters))
	}
	if r := q.everywhere; r != nil {
		for _, subjects := range apart(r.subjects(q.prefix, "*.*")) {
			sources = append(sources, s.events(s.stream.scan(ctx, subjects, r.from, head), q, subjects != nil, filters))
		}
	}
	return sources
}

// maxScans is how many consumers read the kinds of one loop.
const maxScans = 4

// fewKinds reports whether subjects are better read by a consumer each: a server looks
// ten times as long for the next message on any of several as for the next on one.
func fewKinds(subjects []string) bool { return len(subjects) > 1 && len(subjects) <= maxScans }

// apart divides subjects among consumers.
func apart(subjects []string) [][]string {
	if fewKinds(subjects) {
		return slices.Collect(slices.Chunk(subjects, 1))
	}
	return [][]string{subjects}
}

// events opens messages, and drops those that no filter selects: most of them
// unopened, where the stream is read as a whole. Where the server was asked for
// some subjects alone, it must not answer with others.
func (s *Store[ID, M]) events(messages iter.Seq2[*message, error], q *query, asked bool, filters []core.Filter[ID, uint64]) iter.Seq2[stored[ID, M], error] {
	return func(yield func(stored[ID, M], error) bool) {
		for m, err := range messages {
			if err != nil {
				yield(stored[ID, M]{}, err)
				return
			}
			if !q.wants(m) {
				if asked {
					yield(stored[ID, M]{}, misfit(m))
					return
				}
				continue
			}
			e, ok, err := s.open(m)
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

func selected[ID comparable, M any](e stored[ID, M], filters []core.Filter[ID, uint64]) bool {
	for _, f := range filters {
		from, ok := start(f)
		if ok && e.Position >= from && (f.EventKind == "" || f.EventKind == e.Kind) && (f.Aggregate == nil || *f.Aggregate == e.Key) {
			return true
		}
	}
	return false
}

// merged yields the events of all sources in order, each once.
func merged[ID comparable, M any](sources []iter.Seq2[stored[ID, M], error]) iter.Seq2[stored[ID, M], error] {
	if len(sources) == 1 {
		return sources[0]
	}
	return func(yield func(stored[ID, M], error) bool) {
		heads := make([]head[ID, M], len(sources))
		for i, source := range sources {
			next, stop := iter.Pull2(source)
			defer stop()
			heads[i].next = next
			heads[i].advance()
		}
		last := uint64(0)
		for {
			var first *head[ID, M]
			for i := range heads {
				h := &heads[i]
				if h.ok && h.err != nil {
					yield(h.event, h.err)
					return
				}
				if h.ok && (first == nil || h.event.Position < first.event.Position) {
					first = h
				}
			}
			if first == nil {
				return
			}
			if first.event.Position > last {
				last = first.event.Position
				if !yield(first.event, nil) {
					return
				}
			}
			first.advance()
		}
	}
}

// head is the next event of a source.
type head[ID comparable, M any] struct {
	next  func() (stored[ID, M], error, bool)
	event stored[ID, M]
	err   error
	ok    bool
}

func (h *head[ID, M]) advance() { h.event, h.err, h.ok = h.next() }
