package jetstream

import (
	"context"
	"iter"
	"math"

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

// reach is what some filters want together: a few kinds, or all, from a position
// on. It may be more than what they want each, but not less.
type reach struct {
	kinds map[string]bool // tokens; nil for all
	from  uint64
}

func (r *reach) extend(kind string, from uint64) {
	r.from = min(r.from, from)
	if kind == "" {
		r.kinds = nil
	} else if r.kinds != nil {
		r.kinds[kind] = true
	}
}

func newReach() *reach { return &reach{kinds: make(map[string]bool), from: math.MaxUint64} }

// sources returns what must be merged to answer filters. More than one of them,
// or one over all aggregates, end at the same point of the stream.
func (s *Store[ID, M]) sources(ctx context.Context, filters []core.Filter[ID, uint64]) ([]iter.Seq2[stored[ID, M], error], error) {
	var everywhere *reach
	aggregates := make(map[string]*reach)
	for _, f := range filters {
		kind, aggregate, err := s.check(f)
		if err != nil {
			return nil, err
		}
		from, ok := start(f)
		switch {
		case !ok: // beyond every position
		case f.Aggregate == nil:
			if everywhere == nil {
				everywhere = newReach()
			}
			everywhere.extend(kind, from)
		default:
			if aggregates[aggregate] == nil {
				aggregates[aggregate] = newReach()
			}
			aggregates[aggregate].extend(kind, from)
		}
	}
	var head uint64
	if everywhere != nil || len(aggregates) > 1 {
		var err error
		if head, err = s.stream.lastOf(ctx, ">"); err != nil || head == 0 {
			return nil, err
		}
	}
	var sources []iter.Seq2[stored[ID, M], error]
	for tokens, r := range aggregates {
		sc := scope{filter: s.subjects.all(tokens), from: r.from, upTo: head}
		for kind := range r.kinds {
			sc.kinds = append(sc.kinds, s.subjects.prefix+"."+kind+"."+tokens)
		}
		sources = append(sources, s.events(s.stream.readAggregate(ctx, sc), filters))
	}
	if everywhere != nil {
		var subjects []string
		for kind := range everywhere.kinds {
			subjects = append(subjects, s.subjects.prefix+"."+kind+".*.*")
		}
		sources = append(sources, s.events(s.stream.scan(ctx, subjects, everywhere.from, head), filters))
	}
	return sources, nil
}

// check returns the tokens that a filter names: of its kind, and of its
// aggregate. Each is empty where the filter takes all.
func (s *Store[ID, M]) check(f core.Filter[ID, uint64]) (kind, aggregate string, err error) {
	if f.Aggregate != nil {
		if aggregate, err = s.subjects.aggregate(*f.Aggregate); err != nil {
			return "", "", err
		}
	}
	if f.EventKind != "" {
		kind, err = s.subjects.eventKind(f.EventKind)
	}
	return kind, aggregate, err
}

// start returns the first position that a filter lets pass; false if there can
// be none.
func start[ID comparable](f core.Filter[ID, uint64]) (uint64, bool) {
	from, _ := f.From.Position()
	if after, ok := f.After.Position(); ok {
		if after == math.MaxUint64 {
			return 0, false
		}
		from = max(from, after+1)
	}
	return max(from, 1), true
}

// events opens messages, and drops those that no filter selects.
func (s *Store[ID, M]) events(messages iter.Seq2[*message, error], filters []core.Filter[ID, uint64]) iter.Seq2[stored[ID, M], error] {
	return func(yield func(stored[ID, M], error) bool) {
		for m, err := range messages {
			if err != nil {
				yield(stored[ID, M]{}, err)
				return
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
