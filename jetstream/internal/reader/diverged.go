package reader

import (
	"context"
	"errors"
	"slices"

	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// Servers that all lose power before they have synced can hold different messages at one
// position afterwards, and go on like that: each keeps what it has, and takes the
// messages after it. A replica applies only what is committed, so no other fault does that. What a
// replica answers is therefore compared with what the leader has at the end of it. What
// differs before that breaks the chain of an aggregate, mostly.

// compareHeads returns a [wire.DivergedError] if the last message of each subject, of one
// replica, cannot be of the log that the leader has: there, the last on all of them is
// another one.
func (a *aggregateRead) compareHeads(ctx context.Context, filters []string, heads *wire.Page, last *wire.Message) error {
	if last == nil || last.Seq < a.plan.From || !slices.ContainsFunc(filters, last.On) {
		return nil
	}
	for _, m := range heads.Messages {
		switch {
		case m.Seq == last.Seq:
			return a.compare(m, last)
		case m.Subject == last.Subject && m.Seq > last.Seq:
			return nil // it has come since
		}
	}
	// It has something else there, or has not come so far, or lost it to a damaged file.
	there, err := a.conn.AskPage(ctx, wire.GetRequest{Seq: last.Seq})
	if err == nil {
		err = a.compare(there.Messages[0], last)
	}
	answer, ok := errors.AsType[*wire.ReadError](err)
	if err == nil || ok && answer.Status == 404 {
		return conn.ErrLagging // or another replica has it
	}
	return err
}

// compareLast compares the last message of a scan with what the leader has in its place.
func (s *scan) compareLast(ctx context.Context) error {
	if s.last == nil || s.stopped || !s.conn.Replicated.Load() {
		return nil
	}
	m, err := s.conn.Message(ctx, wire.GetRequest{Seq: s.last.Seq})
	if m == nil || err != nil {
		return err
	}
	return s.compare(s.last, m)
}

// compare compares the messages of two servers at one position.
func (r *Reader) compare(m, n *wire.Message) error {
	if m.Subject == n.Subject && m.CommitID() == n.CommitID() {
		return nil
	}
	err := &wire.DivergedError{Stream: r.conn.Stream, Position: m.Seq}
	r.conn.Logger.Error("a replica has another log than the leader", "stream", r.conn.Stream, "error", err)
	return err
}
