package writer

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// errUnresolved says that the outcome of a commit is not known yet.
var errUnresolved = errors.New("not known yet")

// errTorn says that a commit lost its end: nothing of it counts, and nothing will.
var errTorn = errors.New("the commit lost its end and is void")

// Resolve finds out the outcome of a commit that is given by its error. It returns
// the position of each part's last event, a [ConflictError], or an
// [UnknownOutcomeError] again.
func (w *Writer) Resolve(ctx context.Context, unknown *UnknownOutcomeError) ([]uint64, error) {
	c := &commit{id: unknown.CommitID}
	for _, p := range unknown.Parts {
		c.parts = append(c.parts, &AggregateCommit{Filter: p.Aggregate, Expected: p.Expected, Guard: p.Guard, Msgs: make([]*nats.Msg, p.Count)})
		c.size += p.Count
	}
	if err := w.conn.Usable(ctx); err != nil {
		return nil, c.unknown(err)
	}
	ctx, cancel := w.conn.WithTimeout(ctx)
	defer cancel()
	seq, err := w.resolve(ctx, c, w.conn.AckWait)
	if err == nil {
		return c.positions(seq), nil
	}
	if _, ok := errors.AsType[*ConflictError](err); ok {
		return nil, err
	}
	if errors.Is(err, errTorn) {
		return nil, w.tornConflict(ctx, c)
	}
	if ended := w.conn.Usable(ctx); ended != nil {
		err = ended
	}
	return nil, c.unknown(err)
}

// resolve finds out the outcome of a commit of which an attempt was not answered.
// The first event after the version that the commit expects decides: if it is the
// commit's own, the commit was recorded; if it is another's, that version is used
// up, so no copy of the commit still on its way can be recorded either. While
// there is none, nothing is known, because a copy may still arrive: unless a guard is
// broken, see brokenGuard.
//
// It returns the sequence of the commit's last event, a [ConflictError], errTorn if
// only its beginning is there, which is void and named as such by now, or
// errUnresolved.
func (w *Writer) resolve(ctx context.Context, c *commit, wait time.Duration) (uint64, error) {
	var begin uint64 // the position of the commit's first event
	offset := uint64(0)
	for i, p := range c.parts {
		before := offset
		offset += uint64(len(p.Msgs))
		if p.Guard {
			continue
		}
		id, first, err := w.firstAfter(ctx, p, wait)
		if err != nil {
			return 0, errUnresolved
		}
		if first == 0 {
			continue // but a later part may be in conflict by now
		}
		if id != c.id {
			actual, err := w.conn.TryMessage(ctx, wire.GetRequest{LastFor: p.Filter}, wait)
			if err != nil || actual == nil {
				return 0, errUnresolved
			}
			return 0, newConflict(i, p.Expected, actual.Seq)
		}
		begin = first - min(before, first-1)
	}
	if begin == 0 {
		return 0, w.brokenGuard(ctx, c)
	}
	return w.confirm(ctx, c, begin, wait)
}

// confirm returns the position of the commit's last event, given that of its first. A
// loss of power, or a write error inside a batch, can leave only the beginning of it:
// then the tear is closed, and the error is errTorn.
func (w *Writer) confirm(ctx context.Context, c *commit, first uint64, wait time.Duration) (uint64, error) {
	end := first + uint64(c.size) - 1
	for attempt := range 2 {
		last, err := w.conn.TryMessage(ctx, wire.GetRequest{Seq: end}, wait)
		if err != nil {
			return 0, errUnresolved
		}
		if last.CommitID() == c.id && last.CommitEnd() == end {
			return end, nil
		}
		if attempt == 0 && w.void(ctx, c, first) != nil {
			return 0, errUnresolved
		}
	}
	return 0, errTorn
}

// firstAfter returns the commit id and the sequence of the first event of the
// part's aggregate after the version it expects, as the leader has it; 0 if there
// is none.
func (w *Writer) firstAfter(ctx context.Context, p *AggregateCommit, wait time.Duration) (id string, first uint64, err error) {
	last, err := w.conn.TryMessage(ctx, wire.GetRequest{LastFor: p.Filter}, wait)
	if err != nil || last == nil || last.Seq <= p.Expected {
		return "", 0, err
	}
	// Finding the next message on a wildcard is slow in a long stream, finding
	// the last is not, and mostly that is of the commit in question.
	if h, err := last.Commit(); err == nil && h != nil && h.Previous == p.Expected {
		return h.ID, last.Seq - uint64(h.Index), nil
	}
	next, err := w.conn.TryMessage(ctx, wire.GetRequest{Seq: p.Expected + 1, NextFor: p.Filter}, wait)
	if err != nil || next == nil {
		return "", 0, err
	}
	// What has no commit header is another program's, and its id is empty.
	if h, err := next.Commit(); err == nil && h != nil {
		id = h.ID
	}
	return id, next.Seq, nil
}

// tornConflict is the error of a commit that is void, for a caller that asks later: it
// was not recorded, and another entry took its place.
func (w *Writer) tornConflict(ctx context.Context, c *commit) error {
	p := c.parts[0]
	last, err := w.conn.LastSequence(ctx, p.Filter)
	if err != nil {
		return c.unknown(err)
	}
	return newConflict(0, p.Expected, max(last, p.Expected))
}
