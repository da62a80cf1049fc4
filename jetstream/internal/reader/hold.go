package reader

import (
	"context"
	"time"

	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// hold keeps the messages of a commit of several until its last message is known to
// be in the log. A commit that lost its end is dropped.
type hold struct {
	held []*wire.Message
	id   string // of the commit
	end  uint64 // the position of its last message
}

// take adds a message of a consumer that leaves none out, or that is of the same
// commit. It returns the messages that count by now.
func (h *hold) add(m *wire.Message) []*wire.Message {
	c, err := m.Commit()
	if err != nil || c == nil {
		h.drop()
		return []*wire.Message{m} // of another program: a commit of its own
	}
	if c.ID != h.id {
		h.drop()
		h.id, h.end = c.ID, c.End(m.Seq)
	}
	h.held = append(h.held, m)
	if m.Seq < h.end {
		return nil
	}
	return h.release()
}

// isOf reports whether a message is of the commit that is held.
func (h *hold) isOf(m *wire.Message) bool { return len(h.held) == 0 || m.CommitID() == h.id }

// release returns what was held, until the next message is taken.
func (h *hold) release() []*wire.Message {
	held := h.held
	h.drop()
	return held
}

// drop forgets what was held.
func (h *hold) drop() { *h = hold{held: h.held[:0]} }

// resolve waits until it is known whether a commit has its end: the leader is asked
// what is in the place of its last message. It returns the messages of a commit that
// has.
func (h *hold) resolve(ctx context.Context, c *conn.Conn) ([]*wire.Message, error) {
	pause := conn.Backoff{Max: time.Second}
	for {
		last, err := c.Message(ctx, wire.GetRequest{Seq: h.end})
		if err != nil {
			return nil, err
		}
		if last != nil {
			if last.CommitID() == h.id {
				return h.release(), nil
			}
			h.drop()
			return nil, nil
		}
		if last, err = c.Message(ctx, wire.GetRequest{LastFor: ">"}); err != nil {
			return nil, err
		}
		if h.isTornBy(last) {
			h.drop()
			return nil, nil
		}
		if err := c.Pause(ctx, &pause); err != nil {
			return nil, err
		}
	}
}

// isTornBy reports whether the last message of the log shows that the commit has no end:
// it is of another commit, in a place that would be the held one's. If the log goes on
// behind the end, that is there by now, and has to be asked for again.
func (h *hold) isTornBy(last *wire.Message) bool {
	return last != nil && last.Seq > h.held[len(h.held)-1].Seq && last.Seq <= h.end && last.CommitID() != h.id
}
