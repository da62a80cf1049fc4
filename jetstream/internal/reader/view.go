package reader

import (
	"context"
	"errors"

	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// View is what a read of the log sees: the messages up to Head, save those in gaps.
type View struct {
	Head uint64 // the last position that no unfinished commit holds; 0 for an empty log
	Gaps wire.Gaps

	// Subjects is how many the log has; 0 if it has more than a server lists in one
	// answer, or ends with an unfinished commit.
	Subjects int
}

// Passes reports whether readers pass over a message.
func (v View) Passes(m *wire.Message) bool {
	return v.Gaps.Has(m.Seq) || wire.IsGapEntry(m.Subject)
}

// everyGap are the subjects of all entries that name gaps.
var everyGap = []string{"*." + wire.KindVoid + ".*.*", "*." + wire.KindStruck + ".*.*"}

// View returns what a read that begins now sees. A stream that has lost messages is
// a [wire.HoleError].
func (r *Reader) View(ctx context.Context) (View, error) {
	state, err := r.conn.State(ctx)
	if err != nil {
		return View{}, r.reason(ctx, err)
	}
	last, err := r.conn.LastMessages(ctx, append([]string{">"}, everyGap...)...)
	if err != nil {
		return View{}, r.reason(ctx, err)
	}
	v := View{Head: head(last[0])}
	if state.NumSubjects <= wire.MaxSubjects && v.Head == sequence(last[0]) {
		v.Subjects = state.NumSubjects
	}
	entries, err := r.entries(ctx, max(sequence(last[1]), sequence(last[2])))
	if err == nil {
		v.Gaps, err = wire.GapsOf(entries)
	}
	return v, r.reason(ctx, err)
}

// GapEntries returns the last entry of each aggregate and kind that names gaps.
func (r *Reader) GapEntries(ctx context.Context) ([]*wire.Message, error) {
	last, err := r.conn.LastMessages(ctx, everyGap...)
	if err != nil {
		return nil, err
	}
	return r.entries(ctx, max(sequence(last[0]), sequence(last[1])))
}

// Head returns the last position that no unfinished commit holds, as the leader has
// it; 0 for an empty log.
func (r *Reader) Head(ctx context.Context) (uint64, error) {
	last, err := r.conn.Message(ctx, wire.GetRequest{LastFor: ">"})
	return head(last), err
}

// head returns the head of a log, given its last message; nil if it is empty.
func head(last *wire.Message) uint64 {
	if last == nil {
		return 0
	}
	if h, err := last.Commit(); err == nil && h != nil && h.End(last.Seq) > last.Seq {
		return h.Start(last.Seq) - 1
	}
	return last.Seq
}

func sequence(m *wire.Message) uint64 {
	if m == nil {
		return 0
	}
	return m.Seq
}

// entries returns the entries that name gaps, up to the one at last, which is known to
// exist; 0 if there is none.
func (r *Reader) entries(ctx context.Context, last uint64) (entries []*wire.Message, err error) {
	if last == 0 {
		return nil, nil
	}
	err = r.conn.RetryRead(ctx, func(ctx context.Context) error {
		entries = nil
		for next, upTo, pending := uint64(1), uint64(0), 1; pending > 0; {
			page, err := r.conn.AskPage(ctx, wire.GetRequest{MultiLast: everyGap, Seq: next, UpTo: upTo, MaxBytes: conn.HeadBytes})
			if errors.Is(err, wire.ErrNoResults) || err == nil && (page.UpTo < last || len(page.Messages) == 0) {
				return conn.ErrLagging
			}
			if err != nil {
				return err
			}
			entries = append(entries, page.Messages...)
			next, upTo, pending = entries[len(entries)-1].Seq+1, page.UpTo, page.Pending
		}
		return nil
	})
	return entries, err
}

// GapsOf returns the gaps among the messages on the subjects of one aggregate, as the
// leader has them.
func (r *Reader) GapsOf(ctx context.Context, filter string) (wire.Gaps, error) {
	entries, err := r.conn.GapEntries(ctx, filter)
	if err != nil {
		return nil, err
	}
	return wire.GapsOf(entries)
}

// Last returns the last message of an aggregate that counts: of a commit that is
// whole, and in no gap; nil if there is none.
func (r *Reader) Last(ctx context.Context, filter string) (*wire.Message, error) {
	m, err := r.conn.Message(ctx, wire.GetRequest{LastFor: filter})
	if m == nil || err != nil {
		return nil, err
	}
	if !wire.IsGapEntry(m.Subject) {
		// No entry is after it, so it is in no gap.
		if m.CommitEnd() == m.Seq {
			return m, nil
		}
		if end, err := r.conn.Message(ctx, wire.GetRequest{Seq: m.CommitEnd()}); err != nil || end.CommitID() == m.CommitID() {
			return m, err
		}
	}
	var last *wire.Message
	for m, err := range r.Aggregate(ctx, ReadPlan{Filter: filter, From: 1}) {
		if err != nil {
			return nil, err
		}
		last = m
	}
	return last, nil
}
