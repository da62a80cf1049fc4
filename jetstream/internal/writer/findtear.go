package writer

import (
	"context"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// findTear returns the commits at the end of the log that lack their end, or else one
// that others follow; nil if there is none. The entries about a tear can be torn
// themselves.
func (w *Writer) findTear(ctx context.Context) (*tear, error) {
	last, err := w.conn.Message(ctx, wire.GetRequest{LastFor: ">"})
	if last == nil || err != nil {
		return nil, err
	}
	t, m := &tear{last: last.Seq, parts: make(map[string][]wire.Gap)}, last
	for m != nil {
		h, err := m.Commit()
		if err != nil || h == nil || h.End(m.Seq) == m.Seq {
			break
		}
		gap := wire.Gap{From: h.Start(m.Seq), To: m.Seq, Commit: h.ID}
		if m, err = w.walk(ctx, t, m, gap); err != nil {
			return nil, err
		}
	}
	if len(t.parts) == 0 {
		return w.findBehind(ctx, last)
	}
	return t, nil
}

// walk takes note of the aggregates that the messages of a gap are of, from its last
// message back, and returns the message before the gap; nil if there is none.
func (w *Writer) walk(ctx context.Context, t *tear, m *wire.Message, gap wire.Gap) (*wire.Message, error) {
	for {
		filter := wire.WithKind(m.Subject, "*")
		if gaps := t.parts[filter]; len(gaps) == 0 || gaps[len(gaps)-1] != gap {
			t.parts[filter] = append(gaps, gap)
		}
		if m.Seq == 1 {
			return nil, nil
		}
		before, err := w.conn.Message(ctx, wire.GetRequest{Seq: m.Seq - 1})
		if err != nil || before == nil || before.Seq < gap.From {
			return before, err
		}
		m = before
	}
}
