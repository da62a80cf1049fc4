package writer

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// A server that loses power, or runs out of space, can keep the beginning of a
// commit of several messages without its end. Such a commit is void. Before a
// handle writes for the first time, and again whenever the server may have started
// anew, it looks at the end of the log and closes the tear: it records an entry for
// each aggregate that the commit has reached. The entries name the positions that
// readers pass over, and expect the log to end where it was torn, so a commit that
// is only late can never become void.

// tear is the beginning of a commit, or of several, at the end of the log.
type tear struct {
	last  uint64                // the last position of the log; 0 if the log goes on with other commits
	parts map[string][]wire.Gap // by the subjects of each aggregate that it has reached
}

// String names the positions of a tear by aggregate.
func (t *tear) String() string {
	var text []string
	for filter, gaps := range t.parts {
		for _, g := range gaps {
			text = append(text, fmt.Sprintf("%d-%d on %s", g.From, g.To, filter))
		}
	}
	slices.Sort(text)
	return strings.Join(text, ", ")
}

// closeTears looks at the end of the log until it is whole.
func (w *Writer) closeTears(ctx context.Context) error { return w.closeAll(ctx, w.findTear) }

// closeAll closes tears until none is found: the entries can be torn as well.
func (w *Writer) closeAll(ctx context.Context, find func(context.Context) (*tear, error)) error {
	pause := conn.Backoff{Max: 250 * time.Millisecond}
	for {
		t, err := find(ctx)
		if err != nil || t == nil {
			return err
		}
		if closed, err := w.closeTear(ctx, t); err != nil {
			return err
		} else if closed {
			continue
		}
		if err := w.conn.Pause(ctx, &pause); err != nil {
			return err
		}
	}
}

// closeTear tries to record the entries that name a tear. It returns false if the
// log, or one of the aggregates, may have moved on meanwhile.
func (w *Writer) closeTear(ctx context.Context, t *tear) (closed bool, err error) {
	c, err := w.voidEntries(ctx, t)
	if err != nil {
		return false, err
	}
	out := w.attempt(ctx, c)
	if out.Result == wire.Acked {
		w.conn.Logger.WarnContext(ctx, "a commit lost its end and is void", "stream", w.conn.Stream, "positions", t.String())
		return true, nil
	}
	if out.Err != nil {
		return false, fmt.Errorf("name the commit that lost its end: %w", out.Err)
	}
	return false, nil
}

// voidEntries makes the commit of the entries that name a tear: one for each aggregate
// it has reached, with all gaps of the aggregate so far.
func (w *Writer) voidEntries(ctx context.Context, t *tear) (*commit, error) {
	parts := make([]*AggregateCommit, 0, len(t.parts))
	for filter, gaps := range t.parts {
		before, err := w.conn.LastMessages(ctx, wire.WithKind(filter, wire.KindVoid), filter)
		if err != nil {
			return nil, err
		}
		var list []wire.Gap
		if before[0] != nil {
			if list, err = wire.ParseGaps(before[0].Data); err != nil {
				w.conn.Logger.WarnContext(ctx, "an entry does not name what to pass over", "position", before[0].Seq, "error", err)
			}
		}
		p, err := gapEntry(filter, wire.KindVoid, append(list, gaps...))
		if err != nil {
			return nil, err
		}
		p.Expected = before[1].Seq
		parts = append(parts, p)
	}
	c := newCommit(parts)
	if t.last > 0 {
		parts[0].Msgs[0].Header[wire.HeaderExpectedEnd] = []string{strconv.FormatUint(t.last, 10)}
	}
	return c, nil
}

// gapEntry is the part of a commit that names gaps of an aggregate.
func gapEntry(filter, kind string, gaps []wire.Gap) (*AggregateCommit, error) {
	data, err := json.Marshal(gaps)
	if err != nil {
		return nil, err
	}
	m := &nats.Msg{Subject: wire.WithKind(filter, kind), Header: nats.Header{wire.HeaderCodec: {codec.JSON.Name()}}, Data: data}
	return &AggregateCommit{Filter: filter, Msgs: []*nats.Msg{m}}, nil
}
