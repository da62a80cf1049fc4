package writer

import (
	"context"
	"time"

	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// void makes sure that what the log holds of a commit without its end is named by
// entries. The commit begins at a position that is given.
func (w *Writer) void(ctx context.Context, c *commit, begin uint64) error {
	if err := w.closeTears(ctx); err != nil {
		return err
	}
	pause := conn.Backoff{Max: 250 * time.Millisecond}
	for {
		t, err := w.ownTear(ctx, c, begin)
		if err != nil || len(t.parts) == 0 {
			return err
		}
		if closed, err := w.closeTear(ctx, t); closed || err != nil {
			return err
		}
		if err := w.conn.Pause(ctx, &pause); err != nil {
			return err
		}
	}
}

// ownTear returns what the log holds of a commit, and no entry names. The log goes on
// behind it, so the end of the log does not matter.
func (w *Writer) ownTear(ctx context.Context, c *commit, begin uint64) (*tear, error) {
	t := &tear{parts: make(map[string][]wire.Gap)}
	gap := wire.Gap{From: begin, Commit: c.id}
	offset := uint64(0)
	var reached []string
	for _, p := range c.parts {
		for i := range p.Msgs {
			m, err := w.conn.Message(ctx, wire.GetRequest{Seq: begin + offset + uint64(i)})
			if err != nil {
				return nil, err
			}
			if h, err := headerOf(m); err != nil || h == nil || h.ID != c.id {
				break
			}
			gap.To = m.Seq
			if i == 0 {
				reached = append(reached, p.Filter)
			}
		}
		offset += uint64(len(p.Msgs))
	}
	for _, filter := range reached {
		entry, err := w.conn.Message(ctx, wire.GetRequest{LastFor: wire.WithKind(filter, wire.KindVoid)})
		if err != nil {
			return nil, err
		}
		if entry != nil {
			if list, err := wire.ParseGaps(entry.Data); err == nil && wire.NewGaps(list).Has(begin) {
				continue
			}
		}
		t.parts[filter] = []wire.Gap{gap}
	}
	return t, nil
}

// headerOf returns the commit header of a message; nil if there is none.
func headerOf(m *wire.Message) (*wire.CommitHeader, error) {
	if m == nil {
		return nil, nil
	}
	return m.Commit()
}
