package writer

import (
	"context"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

const (
	maxBehind   = 5000 // messages at the end of the log that are looked at
	behindChunk = 32   // of them that are asked for at once
)

// findBehind returns a commit that lost its end, that others follow, and that no entry
// names; nil if there is none between the last position that is known to be whole and
// the last message of the log. A client may send what waited for its connection before
// anything looks at the end. What was found to be whole is not looked at again, so that
// a look that runs out of time is not made in vain.
//
// A commit has lost its end only if a message of another one is in its place. A leader
// that has no message there may not have come so far yet; what follows is then left for
// the next look.
func (w *Writer) findBehind(ctx context.Context, last *wire.Message) (*tear, error) {
	whole := w.whole.Load()
	if whole == 0 {
		w.isWhole(last.Seq)
		return nil, nil
	}
	var open unfinished
	for next := max(whole, last.Seq-min(last.Seq, maxBehind)) + 1; next <= last.Seq; next += behindChunk {
		messages, err := w.conn.Messages(ctx, next, min(next+behindChunk-1, last.Seq))
		if err != nil {
			return nil, err
		}
		for _, m := range messages {
			if m == nil {
				return nil, nil
			}
			torn, gap := open.add(m)
			if torn != nil {
				if t, err := w.unnamed(ctx, torn, gap); t != nil || err != nil {
					return t, err
				}
			}
			if open.last == nil {
				w.isWhole(m.Seq)
			}
		}
	}
	return nil, nil
}

// unfinished is the commit that a walk along the log is inside of, if there is one.
type unfinished struct {
	last *wire.Message // of the commit, so far; nil outside of commits
	gap  wire.Gap      // up to that message
}

// add takes the next message of the log. If it is not of the commit that is unfinished,
// it returns the last message of that, and where it lies.
func (u *unfinished) add(m *wire.Message) (torn *wire.Message, gap wire.Gap) {
	h, err := m.Commit()
	if err != nil {
		h = nil // a message of another program
	}
	if u.last != nil && (h == nil || h.ID != u.gap.Commit) {
		torn, gap, u.last = u.last, u.gap, nil
	}
	switch {
	case h == nil:
	case h.End(m.Seq) == m.Seq:
		u.last = nil
	default:
		u.last = m
		u.gap = wire.Gap{From: h.Start(m.Seq), To: m.Seq, Commit: h.ID}
	}
	return torn, gap
}

// isWhole takes note that the log is whole up to a position: every commit has its end
// or an entry.
func (w *Writer) isWhole(seq uint64) {
	for before := w.whole.Load(); seq > before && !w.whole.CompareAndSwap(before, seq); before = w.whole.Load() {
	}
}
