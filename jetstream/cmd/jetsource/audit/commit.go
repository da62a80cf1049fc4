package audit

import (
	"fmt"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// addToCommit takes a message into the commit that is open, or begins another one.
func (a *Audit) addToCommit(m *wire.Message, h *wire.CommitHeader) {
	place := h.Offset + h.Index
	if c := a.commit; c != nil && c.id == h.ID && c.from+uint64(place) == m.Seq && c.total == h.Total {
		c.to = m.Seq
	} else {
		a.closeCommit()
		a.commit = &commit{id: h.ID, from: m.Seq, to: m.Seq, total: h.Total}
		if place > 0 {
			a.torn(m.Seq, m.Seq, fmt.Sprintf("commit %s has lost its first %d messages", h.ID, place))
			a.commit = nil
			return
		}
	}
	if a.commit.to == a.commit.from+uint64(a.commit.total)-1 {
		a.totals.Commits++
		a.commit = nil
	}
}

// closeCommit ends the commit that is open: it lacks messages.
func (a *Audit) closeCommit() {
	c := a.commit
	if c == nil {
		return
	}
	a.commit = nil
	if a.gaps.Has(c.from) && a.gaps.Has(c.to) {
		a.totals.Void++
		return
	}
	a.torn(c.from, c.to, fmt.Sprintf("commit %s has %d of its %d messages", c.id, c.to-c.from+1, c.total))
}

func (a *Audit) torn(from, to uint64, text string) {
	if !a.gaps.Has(from) {
		a.found(Finding{Kind: Torn, Position: from, To: to, Text: text})
	}
}

// chain checks that an event names the message of its aggregate that is before it, and a
// guard the last one of the aggregate that it guards.
func (a *Audit) chain(m *wire.Message, h *wire.CommitHeader) {
	key := aggregateOf(m.Subject)
	if h.Index > 0 {
		return // what is before it is of its own commit
	}
	if key == wire.Guards { // a restored one does not say whose
		if key = aggregateOf(m.Header.Get(wire.HeaderExpectedSubject)); key == "" {
			return
		}
	}
	if last := a.heads[key]; last != h.Previous {
		a.found(Finding{Kind: Chain, Position: m.Seq, Text: fmt.Sprintf("%s names %d as the one before it, which is at %d", m.Subject, h.Previous, last)})
	}
}
