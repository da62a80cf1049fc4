package wire

import (
	"cmp"
	"encoding/json"
	"slices"
	"sort"
	"strings"
	"time"
)

// Event kinds of the entries that name what readers pass over. Each holds all gaps
// of its aggregate and kind so far, so the last of a subject tells everything.
const (
	KindVoid   = "_void"   // messages of commits that lost their end
	KindStruck = "_struck" // messages that an administrator struck out
)

// Gap is a range of positions that readers pass over.
type Gap struct {
	From   uint64    `json:"from"`
	To     uint64    `json:"to"`
	Commit string    `json:"commit,omitempty"` // the id of a commit that lost its end
	Reason string    `json:"reason,omitempty"` // why a message was struck out
	Time   time.Time `json:"time,omitzero"`    // when it was struck out
}

// Gaps are ranges of positions, in order and apart from each other.
type Gaps []Gap

// Has reports whether a position is in a gap.
func (g Gaps) Has(seq uint64) bool {
	i := sort.Search(len(g), func(i int) bool { return g[i].From > seq })
	return i > 0 && seq <= g[i-1].To
}

// NewGaps puts gaps in order. Those of a commit to several aggregates are given
// once for each of them.
func NewGaps(all []Gap) Gaps {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b Gap) int { return cmp.Compare(a.From, b.From) })
	var gaps Gaps
	for _, g := range all {
		if n := len(gaps); n > 0 && g.From <= gaps[n-1].To {
			gaps[n-1].To = max(gaps[n-1].To, g.To)
			continue
		}
		gaps = append(gaps, g)
	}
	return gaps
}

// GapsOf returns what entries name. An entry that cannot be read is an error, unless
// another one strikes it out.
func GapsOf(entries []*Message) (Gaps, error) {
	var all []Gap
	var unreadable []*Message
	for _, m := range entries {
		list, err := ParseGaps(m.Data)
		if err != nil {
			unreadable = append(unreadable, m)
			continue
		}
		all = append(all, list...)
	}
	gaps := NewGaps(all)
	for _, m := range unreadable {
		if !gaps.Has(m.Seq) {
			return nil, badAnswer("message %d on %.64q does not name what to pass over", m.Seq, m.Subject)
		}
	}
	return gaps, nil
}

// ParseGaps reads the data of an entry.
func ParseGaps(data []byte) ([]Gap, error) {
	var list []Gap
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, err
	}
	for _, g := range list {
		if g.From == 0 || g.To < g.From {
			return nil, badAnswer("positions %d to %d are no gap", g.From, g.To)
		}
	}
	return list, nil
}

// GapSubjects returns the subjects of the entries that name gaps among the messages
// on a filter, which begins with the prefix and names no kind.
func GapSubjects(filter string) []string {
	return []string{WithKind(filter, KindVoid), WithKind(filter, KindStruck)}
}

// WithKind replaces the kind of an event's subject or of a filter.
func WithKind(subject, kind string) string {
	prefix, _, _ := strings.Cut(subject, ".")
	_, aggregate := Tokens(subject)
	return prefix + "." + kind + "." + aggregate
}

// IsGapEntry reports whether a subject is that of an entry that names gaps.
func IsGapEntry(subject string) bool {
	kind, _ := Tokens(subject)
	return kind == KindVoid || kind == KindStruck
}
