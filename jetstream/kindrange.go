package jetstream

import (
	"maps"
	"math"
	"slices"
)

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

// add extends r by what another one asks for.
func (r *kindRange) add(other *kindRange) {
	r.from = min(r.from, other.from)
	if other.kinds == nil {
		r.kinds = nil
	} else if r.kinds != nil {
		maps.Copy(r.kinds, other.kinds)
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
