package writer

import (
	"context"
	"fmt"
	"time"

	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// Strike records an entry by which readers pass over the message at a position. It
// does nothing if one strikes it out already. A position without a message is a
// [wire.ReadError].
func (w *Writer) Strike(ctx context.Context, seq uint64, reason string) error {
	ctx, cancel := w.conn.WithTimeout(ctx)
	defer cancel()
	pause := conn.Backoff{Max: 250 * time.Millisecond}
	for {
		if err := w.writable(ctx); err != nil {
			return err
		}
		if err := w.RepairEnd(ctx); err != nil {
			return err
		}
		out, err := w.strikeOnce(ctx, seq, reason)
		if err != nil || out.Result == wire.Acked {
			return err
		}
		if out.Err != nil {
			return out.Err
		}
		if err := w.conn.Pause(ctx, &pause); err != nil {
			return err
		}
	}
}

func (w *Writer) strikeOnce(ctx context.Context, seq uint64, reason string) (wire.Outcome, error) {
	m, err := w.conn.Message(ctx, wire.GetRequest{Seq: seq})
	if err != nil {
		return wire.Outcome{}, err
	}
	if m == nil {
		return wire.Outcome{}, &wire.ReadError{Description: fmt.Sprintf("no message at %d", seq)}
	}
	filter := wire.WithKind(m.Subject, "*")
	last, err := w.conn.LastMessages(ctx, wire.WithKind(filter, wire.KindStruck), filter)
	if err != nil {
		return wire.Outcome{}, err
	}
	var list []wire.Gap
	if last[0] != nil {
		if list, err = wire.ParseGaps(last[0].Data); err != nil {
			return wire.Outcome{}, err
		}
	}
	if wire.NewGaps(list).Has(seq) {
		return wire.Outcome{Result: wire.Acked}, nil
	}
	p, err := gapEntry(filter, wire.KindStruck, append(list, wire.Gap{From: seq, To: seq, Reason: reason, Time: time.Now().UTC()}))
	if err != nil {
		return wire.Outcome{}, err
	}
	p.Expected = last[1].Seq
	return w.attempt(ctx, newCommit([]*AggregateCommit{p})).Outcome, nil
}
