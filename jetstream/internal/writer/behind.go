package writer

import (
	"context"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// maxBehind bounds how many commits are looked at, from the end of the log back.
const maxBehind = 2000

// findBehind returns a commit that lost its end, that others follow, and that no entry
// names; nil if there is none after the last position that was acked or read. A client
// may send what waited for its connection before anything looks at the end.
func (w *Writer) findBehind(ctx context.Context) (*tear, error) {
	from := w.conn.Seen()
	next, err := w.conn.LastSequence(ctx, ">")
	if err != nil || from == 0 {
		return nil, err
	}
	for steps := 0; next > from && steps < maxBehind; steps++ {
		m, err := w.conn.Message(ctx, wire.GetRequest{Seq: next})
		if err != nil {
			return nil, err
		}
		h, err := headerOf(m)
		if err != nil || h == nil {
			next-- // a hole, or a message of another program
			continue
		}
		if h.End(next) != next {
			t, err := w.unnamed(ctx, m, wire.Gap{From: h.Start(next), To: next, Commit: h.ID})
			if t != nil || err != nil {
				return t, err
			}
		}
		next = h.Start(next) - 1
	}
	return nil, nil
}

// unnamed returns what a gap has reached, save the aggregates that have an entry for
// it; nil if all have one.
func (w *Writer) unnamed(ctx context.Context, m *wire.Message, gap wire.Gap) (*tear, error) {
	t := &tear{parts: make(map[string][]wire.Gap)}
	if _, err := w.walk(ctx, t, m, gap); err != nil {
		return nil, err
	}
	for filter := range t.parts {
		entry, err := w.conn.Message(ctx, wire.GetRequest{LastFor: wire.WithKind(filter, wire.KindVoid)})
		if err != nil {
			return nil, err
		}
		if entry == nil {
			continue
		}
		if list, err := wire.ParseGaps(entry.Data); err == nil && wire.NewGaps(list).Has(gap.From) {
			delete(t.parts, filter)
		}
	}
	if len(t.parts) == 0 {
		return nil, nil
	}
	return t, nil
}
