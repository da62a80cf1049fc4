package jetstream

import "github.com/jetsource/jetsource/core"

// selection is what some filters select: the first position that any of them
// lets pass, by the kind of an event and its aggregate. A look-up takes the same
// time however many filters there are.
type selection[ID comparable] map[target[ID]]uint64

// target is what a filter names. The zero kind is every kind, the zero key every
// aggregate.
type target[ID comparable] struct {
	kind string
	key  core.Key[ID]
}

// add adds what a filter selects. Its first position is from, which is not 0.
func (s selection[ID]) add(f core.Filter[ID, uint64], from uint64) {
	t := target[ID]{kind: f.EventKind}
	if f.Aggregate != nil {
		t.key = *f.Aggregate
	}
	if known := s[t]; known == 0 || from < known {
		s[t] = from
	}
}

// selects reports whether any of the filters selects an event.
func (s selection[ID]) selects(kind string, key core.Key[ID], position uint64) bool {
	for _, t := range [...]target[ID]{{}, {kind: kind}, {key: key}, {kind, key}} {
		if from := s[t]; from > 0 && position >= from {
			return true
		}
	}
	return false
}
