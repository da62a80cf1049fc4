package audit

import (
	"fmt"
	"strings"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// Audit checks a log. Add takes its messages in order, End ends it.
type Audit struct {
	gaps   wire.Gaps // what readers pass over
	totals Totals
	found  func(Finding)

	last   uint64            // position
	heads  map[string]uint64 // by aggregate, the last message
	commit *commit           // the open one
	owners map[string]owner  // of unique values, by value
	names  *wire.Subjects[string]
}

// commit is what has been read of one.
type commit struct {
	id       string
	from, to uint64
	total    int
}

// New returns an audit of a log whose gap entries are given. It calls found with what is
// wrong.
func New(prefix string, gaps []*wire.Message, found func(Finding)) (*Audit, error) {
	names, err := wire.NewSubjects[string](prefix)
	if err != nil {
		return nil, err
	}
	a := &Audit{heads: make(map[string]uint64), owners: make(map[string]owner), names: names}
	a.found = func(f Finding) { f.Advice = advice[f.Kind]; found(f) }
	var all []wire.Gap
	for _, m := range gaps {
		list, err := wire.ParseGaps(m.Data)
		if err != nil {
			a.found(Finding{Kind: Unreadable, Position: m.Seq, Text: err.Error()})
			continue
		}
		for _, g := range list {
			if g.Commit == "" {
				a.totals.Struck += g.To - g.From + 1
			}
		}
		all = append(all, list...)
	}
	a.gaps = wire.NewGaps(all)
	return a, nil
}

// Add checks the next message.
func (a *Audit) Add(m *wire.Message) {
	if m.Seq > a.last+1 {
		a.hole(a.last+1, m.Seq-1)
	}
	a.last = m.Seq
	a.totals.Messages++
	if wire.IsSystem(m.Subject) {
		a.totals.Entries++
	} else {
		a.totals.Events++
	}
	h, err := m.Commit()
	switch {
	case err != nil:
		a.closeCommit()
		a.unreadable(m, err)
	case h == nil:
		a.closeCommit()
		a.external(m)
	default:
		a.addToCommit(m, h)
		a.chain(m, h)
		a.read(m)
	}
	if key := aggregateOf(m.Subject); key != "" {
		a.heads[key] = m.Seq
	}
}

// End checks what can only be told at the end, given the last position of the log.
func (a *Audit) End(last uint64) Totals {
	a.closeCommit()
	if last > a.last {
		a.hole(a.last+1, last)
	}
	a.checkOwners()
	for key := range a.heads {
		if !strings.HasPrefix(key, "_") {
			a.totals.Aggregates++
		}
	}
	return a.totals
}

func (a *Audit) hole(from, to uint64) {
	a.closeCommit()
	a.found(Finding{Kind: Hole, Position: from, To: to, Text: "no message"})
}

func (a *Audit) external(m *wire.Message) {
	if a.gaps.Has(m.Seq) {
		return
	}
	a.found(Finding{Kind: External, Position: m.Seq, Text: fmt.Sprintf("%d bytes on %s without a commit header", len(m.Data), m.Subject)})
}

func (a *Audit) unreadable(m *wire.Message, err error) {
	if !a.gaps.Has(m.Seq) {
		a.found(Finding{Kind: Unreadable, Position: m.Seq, Text: fmt.Sprintf("%s: %v", m.Subject, err)})
	}
}

// aggregateOf returns the last two tokens of a subject: those of its aggregate.
func aggregateOf(subject string) string {
	_, aggregate := wire.Tokens(subject)
	return aggregate
}
