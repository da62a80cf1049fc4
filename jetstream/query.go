package jetstream

import (
	"math"
	"strings"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// query is what some filters ask for, by how it is read.
type query[ID comparable] struct {
	prefix     string
	everywhere *kindRange            // over all aggregates; nil if nothing is
	aggregates map[string]*kindRange // by the tokens of an aggregate
	selection  selection[ID]
}

// query sorts filters, and refuses names that have no token.
func (s *Store[ID, M]) query(filters []core.Filter[ID, uint64]) (*query[ID], error) {
	q := &query[ID]{prefix: s.subjects.Prefix, aggregates: make(map[string]*kindRange), selection: make(selection[ID])}
	for _, f := range filters {
		kind, aggregate, err := s.tokens(f)
		if err != nil {
			return nil, err
		}
		from, ok := firstPosition(f)
		if !ok {
			continue // beyond every position
		}
		q.selection.add(f, from)
		if f.Aggregate == nil {
			if q.everywhere == nil {
				q.everywhere = newKindRange()
			}
			q.everywhere.extend(kind, from)
			continue
		}
		if q.aggregates[aggregate] == nil {
			q.aggregates[aggregate] = newKindRange()
		}
		q.aggregates[aggregate].extend(kind, from)
	}
	return q, nil
}

// wants reports whether a message may be one that was asked for, by its subject
// alone.
func (q *query[ID]) wants(m *wire.Message) bool {
	rest := m.Subject[min(len(q.prefix)+1, len(m.Subject)):]
	kind, aggregate, _ := strings.Cut(rest, ".")
	// A server that filters by kind leaves out subjects of any other form.
	if r := q.everywhere; r != nil && (r.kinds == nil || r.kinds[kind] && strings.Count(aggregate, ".") == 1) {
		return true
	}
	r := q.aggregates[aggregate]
	return r != nil && (r.kinds == nil || r.kinds[kind])
}

// from returns the first sequence that any filter asks for; false if none asks for
// any.
func (q *query[ID]) from() (uint64, bool) {
	from := uint64(math.MaxUint64)
	if q.everywhere != nil {
		from = q.everywhere.from
	}
	for _, r := range q.aggregates {
		from = min(from, r.from)
	}
	return from, from < math.MaxUint64
}

const (
	// maxAggregates is the number of aggregates up to which each is read by itself.
	maxAggregates = 100
	// aggregateCost is how many messages a scan reads in the time that it takes to
	// read one small aggregate by itself, over a connection without delay.
	aggregateCost = 100
)

// plan divides the query, up to sequence head, into the aggregates that are each
// read by themselves and what a scan over all aggregates finds; nil if no scan is
// needed. A scan also finds the events of very many aggregates, unless most of the
// stream is of others.
func (q *query[ID]) plan(head uint64) (aggregates map[string]*kindRange, scanned *kindRange) {
	from, _ := q.from()
	n := len(q.aggregates)
	if n <= maxAggregates || head > from && head-from > aggregateCost*uint64(n) {
		return q.aggregates, q.everywhere
	}
	scanned = newKindRange()
	if q.everywhere != nil {
		scanned.add(q.everywhere)
	}
	for _, r := range q.aggregates {
		scanned.add(r)
	}
	return nil, scanned
}

// maxFilters is the number of subjects up to which a server is asked to filter
// live messages.
const maxFilters = 100

// subjects returns the subjects of the whole query, for live messages; nil for
// every subject.
func (q *query[ID]) subjects() []string {
	var subjects []string
	add := func(r *kindRange, aggregate string) bool {
		some := r.subjects(q.prefix, aggregate)
		if some == nil {
			some = []string{q.prefix + ".*." + aggregate}
		}
		subjects = append(subjects, some...)
		return len(subjects) <= maxFilters
	}
	if q.everywhere != nil && (q.everywhere.kinds == nil || !add(q.everywhere, "*.*")) {
		return nil
	}
	for tokens, r := range q.aggregates {
		if !add(r, tokens) {
			return nil
		}
	}
	return subjects
}

// tokens returns the tokens that a filter names: of its kind, and of its
// aggregate. Each is empty where the filter selects all.
func (s *Store[ID, M]) tokens(f core.Filter[ID, uint64]) (kind, aggregate string, err error) {
	if f.Aggregate != nil {
		if aggregate, err = s.subjects.Aggregate(*f.Aggregate); err != nil {
			return "", "", err
		}
	}
	if f.EventKind != "" {
		kind, err = s.subjects.EventKind(f.EventKind)
	}
	return kind, aggregate, err
}

// firstPosition returns the first position that a filter selects; false if there
// can be none.
func firstPosition[ID comparable](f core.Filter[ID, uint64]) (uint64, bool) {
	from, _ := f.From.Position()
	if after, ok := f.After.Position(); ok {
		if after == math.MaxUint64 {
			return 0, false
		}
		from = max(from, after+1)
	}
	return max(from, 1), true
}
