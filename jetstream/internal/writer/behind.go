package writer

import (
	"context"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// maxBehind bounds how many commits are looked at, from the end of the log back.
const maxBehind = 2000

// findBehind returns a commit that lost its end, that others follow, and that no entry
// names; nil if there is none between the last position that is known to be whole and
// the last message of the log. A client may send what waited for its connection before
// anything looks at the end.
func (w *Writer) findBehind(ctx context.Context, last *wire.Message) (*tear, error) {
	from, m := w.whole.Load(), last
	for steps, next := 0, last.Seq; from > 0 && next > from && steps < maxBehind; steps++ {
		if steps > 0 {
			var err error
			if m, err = w.conn.Message(ctx, wire.GetRequest{Seq: next}); err != nil {
				return nil, err
			}
		}
		h, err := m.Commit()
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
	w.isWhole(last.Seq)
	return nil, nil
}

// isWhole takes note that the log is whole up to a position: every commit has its end
// or an entry.
func (w *Writer) isWhole(seq uint64) {
	for before := w.whole.Load(); seq > before && !w.whole.CompareAndSwap(before, seq); before = w.whole.Load() {
	}
}
