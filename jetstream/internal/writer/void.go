package writer

import (
	"context"
	"fmt"

	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// void makes sure that what the log holds of a commit without its end is named by
// entries. The commit begins at a position that is given.
func (w *Writer) void(ctx context.Context, c *commit, begin uint64) error {
	if err := w.closeTears(ctx); err != nil {
		return err
	}
	return w.closeAll(ctx, func(ctx context.Context) (*tear, error) { return w.ownTear(ctx, c, begin) })
}

// Void makes sure that the commit at a position is named by entries, if it has lost its end,
// and reports whether it has. A position without a message is a [wire.ReadError], and so is
// one whose message is of no commit.
func (w *Writer) Void(ctx context.Context, seq uint64) (bool, error) {
	ctx, cancel := w.conn.WithTimeout(ctx)
	defer cancel()
	if err := w.writable(ctx); err != nil {
		return false, err
	}
	m, err := w.conn.Message(ctx, wire.GetRequest{Seq: seq})
	if err != nil {
		return false, err
	}
	if m == nil || m.Seq != seq {
		return false, &wire.ReadError{Description: fmt.Sprintf("no message at %d", seq)}
	}
	h, err := m.Commit()
	if h == nil || err != nil {
		return false, &wire.ReadError{Description: fmt.Sprintf("the message at %d is of no commit", seq)}
	}
	end, err := w.conn.Message(ctx, wire.GetRequest{Seq: h.End(seq)})
	if err != nil || end != nil && end.CommitID() == h.ID {
		return false, err
	}
	return true, w.void(ctx, &commit{id: h.ID, size: h.Total}, h.Start(seq))
}

// ownTear returns what the log holds of a commit, and no entry names; nil if there is
// nothing. The log goes on behind it, so the end of the log does not matter.
func (w *Writer) ownTear(ctx context.Context, c *commit, begin uint64) (*tear, error) {
	var last *wire.Message
	for seq := begin; seq < begin+uint64(c.size); seq++ {
		m, err := w.conn.Message(ctx, wire.GetRequest{Seq: seq})
		if err != nil {
			return nil, err
		}
		if m == nil {
			return nil, conn.ErrLagging // the leader has not come so far; it proves nothing
		}
		if m.CommitID() != c.id {
			break
		}
		last = m
	}
	if last == nil {
		return nil, nil
	}
	return w.unnamed(ctx, last, wire.Gap{From: begin, To: last.Seq, Commit: c.id})
}

// unnamed returns what a gap with this last message has reached, save the aggregates
// that have an entry for it; nil if all have one.
func (w *Writer) unnamed(ctx context.Context, last *wire.Message, gap wire.Gap) (*tear, error) {
	t := &tear{parts: make(map[string][]wire.Gap)}
	if _, err := w.walk(ctx, t, last, gap); err != nil {
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
