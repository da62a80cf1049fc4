package writer

import (
	"context"
	"slices"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// The server expects the last message of an aggregate, callers know the last event
// that counts. They differ where the aggregate ends in what readers pass over:
// messages of void commits, messages that were struck out, and the entries that name
// them.

// endsPassed reports whether an aggregate with these entries ends in what readers pass
// over: its last message, or one after it, is an entry.
func endsPassed(entries []*wire.Message, last uint64) bool {
	return slices.ContainsFunc(entries, func(m *wire.Message) bool { return m.Seq >= last })
}

// rebase returns what the server has to expect of an aggregate that has moved on from
// one position to another, if everything after the first is passed over; false if the
// aggregate has a new event.
func (w *Writer) rebase(ctx context.Context, filter string, entries []*wire.Message, from, to uint64) (uint64, bool, error) {
	var found []*wire.Message
	for _, m := range entries {
		if m.Seq > from {
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
