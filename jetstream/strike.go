package jetstream

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// Gap is a range of positions that readers pass over.
type Gap struct {
	From, To uint64
	Subject  string    // of the entry that names it: events._void.… or events._struck.…
	Commit   string    // the id of a commit that lost its end; empty for what was struck out
	Reason   string    // why it was struck out
	Time     time.Time // when it was struck out
}

// Strike has every reader pass over the message at a position: one that another
// program wrote by mistake, or an event that cannot be decoded. The message stays in
// the stream. The reason is recorded, in plain text.
//
// It is for administrators: an aggregate that has lost an event is another one. What
// was made of the event before is not undone: snapshots, caches, live models and read
// models of its aggregate are the caller's to drop. The connection's user needs the
// right to publish on "<prefix>._struck.>"; deny it to all others.
//
// A position without a message is a [ReadError].
func (s *Store[ID, M]) Strike(ctx context.Context, position uint64, reason string) error {
	return s.stream.writer.Strike(ctx, position, reason)
}

// Void names the commit at a position as void, if it lost its end, and reports whether it did:
// every reader then passes over it. A store does so itself for a commit at the end of the log.
// This is for one that others follow, as after another program wrote before any store had
// looked; then what it holds of one aggregate is read until it is named.
//
// The connection's user needs the right to publish on "<prefix>._void.>". A position without a
// message of a commit is a [ReadError].
func (s *Store[ID, M]) Void(ctx context.Context, position uint64) (bool, error) {
	return s.stream.writer.Void(ctx, position)
}

// Gaps returns the positions that readers pass over, in order: those of commits that
// lost their end, and those that were struck out. A commit to several aggregates is
// named once for each of them.
func (s *Store[ID, M]) Gaps(ctx context.Context) ([]Gap, error) {
	if err := s.stream.conn.Usable(ctx); err != nil {
		return nil, err
	}
	entries, err := s.stream.reader.GapEntries(ctx)
	if err != nil {
		return nil, err
	}
	var gaps []Gap
	for _, m := range entries {
		list, err := wire.ParseGaps(m.Data)
		if err != nil {
			return nil, &MessageError{Sequence: m.Seq, Subject: m.Subject, Err: err}
		}
		for _, g := range list {
			gaps = append(gaps, Gap{From: g.From, To: g.To, Subject: m.Subject, Commit: g.Commit, Reason: g.Reason, Time: g.Time})
		}
	}
	slices.SortFunc(gaps, func(a, b Gap) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Subject, b.Subject)) })
	return gaps, nil
}
