package jetstream

import (
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/jetsource/jetsource/core"
)

// query is what some filters ask for, by how it is read.
type query[ID comparable] struct {
	prefix     string
	everywhere *reach            // over all aggregates; nil if nothing is
	aggregates map[string]*reach // by the tokens of an aggregate
	selection  selection[ID]
}

// reach is what some filters want together: a few kinds, or all, from a position
// on. It may be more than what they want each, but not less.
type reach struct {
	kinds map[string]bool // tokens; nil for all
	from  uint64
}

func newReach() *reach { return &reach{kinds: make(map[string]bool), from: math.MaxUint64} }

func (r *reach) extend(kind string, from uint64) {
	r.from = min(r.from, from)
	if kind == "" {
		r.kinds = nil
	} else if r.kinds != nil {
		r.kinds[kind] = true
	}
}

// add extends r by what other wants.
func (r *reach) add(other *reach) {
	r.from = min(r.from, other.from)
	if other.kinds == nil {
		r.kinds = nil
	} else if r.kinds != nil {
		maps.Copy(r.kinds, other.kinds)
	}
}

// subjects returns a subject for each kind; nil if every kind is wanted.
func (r *reach) subjects(prefix, aggregate string) []string {
	var subjects []string
	for _, kind := range slices.Sorted(maps.Keys(r.kinds)) {
		subjects = append(subjects, prefix+"."+kind+"."+aggregate)
	}
	return subjects
}

// query sorts filters, and refuses names that cannot be.
func (s *Store[ID, M]) query(filters []core.Filter[ID, uint64]) (*query[ID], error) {
	q := &query[ID]{prefix: s.subjects.prefix, aggregates: make(map[string]*reach), selection: make(selection[ID])}
	for _, f := range filters {
		kind, aggregate, err := s.check(f)
		if err != nil {
			return nil, err
		}
		from, ok := start(f)
		if !ok {
			continue // beyond every position
		}
		q.selection.add(f, from)
		switch {
		case f.Aggregate == nil:
			if q.everywhere == nil {
				q.everywhere = newReach()
			}
			q.everywhere.extend(kind, from)
		default:
			if q.aggregates[aggregate] == nil {
				q.aggregates[aggregate] = newReach()
			}
			q.aggregates[aggregate].extend(kind, from)
		}
	}
	return q, nil
}

// wants reports whether a message may be one that was asked for, by its subject
// alone.
func (q *query[ID]) wants(m *message) bool {
	rest := m.subject[min(len(q.prefix)+1, len(m.subject)):]
	kind, aggregate, _ := strings.Cut(rest, ".")
	// A server that filters by kind leaves out subjects of any other form.
	if r := q.everywhere; r != nil && (r.kinds == nil || r.kinds[kind] && strings.Count(aggregate, ".") == 1) {
		return true
	}
	r := q.aggregates[aggregate]
	return r != nil && (r.kinds == nil || r.kinds[kind])
}

// from returns the first sequence that any filter wants; false if none wants any.
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
	// aggregateCost is how many messages a scan passes in the time that it takes to
	// read one small aggregate by itself, over a connection without delay.
	aggregateCost = 100
)

// plan divides the query, up to sequence head, into the aggregates that are each read
// by itself and what a scan over all aggregates finds; nil if no scan is needed.
// A scan also finds the events of very many aggregates, unless most of the stream
// is of others.
func (q *query[ID]) plan(head uint64) (aggregates map[string]*reach, scanned *reach) {
	from, _ := q.from()
	n := len(q.aggregates)
	if n <= maxAggregates || head > from && head-from > aggregateCost*uint64(n) {
		return q.aggregates, q.everywhere
	}
	scanned = newReach()
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
	add := func(r *reach, aggregate string) bool {
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
