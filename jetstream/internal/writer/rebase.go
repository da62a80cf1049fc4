package writer

import (
	"context"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// The server expects the last message of an aggregate, callers know the last event
// that counts. They differ where the aggregate ends in what readers pass over:
// messages of void commits, messages that were struck out, and the entries that name
// them.

// rebase returns what the server has to expect of an aggregate that has moved on from
// one position to another, if everything after the first is passed over; false if the
// aggregate has a new event.
func (w *Writer) rebase(ctx context.Context, filter string, from, to uint64) (uint64, bool, error) {
	entries, err := w.conn.LastMessages(ctx, wire.GapSubjects(filter)...)
	if err != nil {
		return 0, false, err
	}
	var found []*wire.Message
	for _, m := range entries {
		if m != nil && m.Seq > from {
			found = append(found, m)
		}
	}
	if len(found) == 0 {
		return 0, false, nil
	}
	gaps, err := wire.GapsOf(found)
	if err != nil {
		return 0, false, err
	}
	for next := from + 1; next <= to; {
		m, err := w.conn.Message(ctx, wire.GetRequest{Seq: next, NextFor: filter})
		if err != nil {
			return 0, false, err
		}
		if m == nil {
			break
		}
		if !wire.IsGapEntry(m.Subject) && !gaps.Has(m.Seq) {
			return 0, false, nil
		}
		to, next = max(to, m.Seq), m.Seq+1
	}
	return to, true, nil
}

// tornConflict is the error of a commit that is void, for a caller that asks later: it
// was not recorded, and another entry took its place.
func (w *Writer) tornConflict(ctx context.Context, c *commit) error {
	p := c.parts[0]
	last, err := w.conn.LastSequence(ctx, p.Filter)
	if err != nil {
		return c.unknown(err)
	}
	return newConflict(0, p.Expected, max(last, p.Expected))
}
