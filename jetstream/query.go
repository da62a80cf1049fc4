package jetstream

import (
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// query is what some filters ask for, by how it is read.
type query struct {
	prefix     string
	everywhere *kindRange            // over all aggregates; nil if nothing is
	aggregates map[string]*kindRange // by the tokens of an aggregate
}

// kindRange is what some filters ask for together: a few kinds, or all, from a
// position on. It may be more than what each asks for, but not less.
type kindRange struct {
	kinds map[string]bool // tokens; nil for all
	from  uint64
}

func newKindRange() *kindRange {
	return &kindRange{kinds: make(map[string]bool), from: math.MaxUint64}
}

func (r *kindRange) extend(kind string, from uint64) {
	r.from = min(r.from, from)
	if kind == "" {
		r.kinds = nil
	} else if r.kinds != nil {
		r.kinds[kind] = true
	}
}

// subjects returns a subject for each kind; nil if every kind is asked for.
func (r *kindRange) subjects(prefix, aggregate string) []string {
	var subjects []string
	for _, kind := range slices.Sorted(maps.Keys(r.kinds)) {
		subjects = append(subjects, prefix+"."+kind+"."+aggregate)
	}
	return subjects
}

// query sorts filters, and refuses names that have no token.
func (s *Store[ID, M]) query(filters []core.Filter[ID, uint64]) (*query, error) {
	q := &query{prefix: s.subjects.Prefix, aggregates: make(map[string]*kindRange)}
	for _, f := range filters {
		kind, aggregate, err := s.tokens(f)
		if err != nil {
			return nil, err
		}
		from, ok := firstPosition(f)
		switch {
		case !ok: // beyond every position
		case f.Aggregate == nil:
			if q.everywhere == nil {
				q.everywhere = newKindRange()
			}
			q.everywhere.extend(kind, from)
		default:
			if q.aggregates[aggregate] == nil {
				q.aggregates[aggregate] = newKindRange()
			}
			q.aggregates[aggregate].extend(kind, from)
		}
	}
	return q, nil
}

// wants reports whether a message may be one that was asked for, by its subject
// alone.
func (q *query) wants(m *wire.Message) bool {
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
func (q *query) from() (uint64, bool) {
	from := uint64(math.MaxUint64)
	if q.everywhere != nil {
		from = q.everywhere.from
	}
	for _, r := range q.aggregates {
		from = min(from, r.from)
	}
	return from, from < math.MaxUint64
}

// maxFilters is the number of subjects up to which a server is asked to filter.
const maxFilters = 100

// subjects returns the subjects of the whole query; nil for every subject.
func (q *query) subjects() []string {
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

// selected reports whether any of the filters selects an event.
func selected[ID comparable, M any](e stored[ID, M], filters []core.Filter[ID, uint64]) bool {
	for _, f := range filters {
		from, ok := firstPosition(f)
		if ok && e.Position >= from && (f.EventKind == "" || f.EventKind == e.Kind) && (f.Aggregate == nil || *f.Aggregate == e.Key) {
			return true
		}
	}
	return false
}
