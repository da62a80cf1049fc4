package writer

import (
	"context"
	"errors"
	"time"

	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// Append records parts as one commit and returns the position of each part's last
// event. A conflict is a [ConflictError]. A part that is unchecked is recorded at
// whatever version its aggregate is found at, again until no other writer comes
// between: on a replicated stream a publish without an expectation would let
// commits that have one pass on a stale version.
func (w *Writer) Append(ctx context.Context, parts []*AggregateCommit) ([]uint64, error) {
	if err := w.writable(ctx); err != nil {
		return nil, err
	}
	for _, p := range parts {
		if !p.Unchecked {
			continue
		}
		var err error
		if p.Expected, err = w.conn.LastSequence(ctx, p.Filter); err != nil {
			return nil, err
		}
	}
	wanted := make([]uint64, len(parts))
	for i, p := range parts {
		wanted[i] = p.Expected
	}
	pause := conn.Backoff{Max: 50 * time.Millisecond}
	for {
		positions, err := w.appendOnce(ctx, newCommit(parts))
		if err == nil {
			return positions, nil
		}
		if !errors.Is(err, errTorn) {
			if err = w.moveOn(ctx, parts, wanted, err); err != nil {
				return nil, err
			}
		}
		if err := w.conn.Pause(ctx, &pause); err != nil {
			return nil, err
		}
	}
}

// moveOn lets a part expect what its aggregate was found at: one that is unchecked,
// and one whose aggregate has no new event. Otherwise it returns err.
func (w *Writer) moveOn(ctx context.Context, parts []*AggregateCommit, wanted []uint64, err error) error {
	conflict, ok := errors.AsType[*ConflictError](err)
	if !ok {
		return err
	}
	p := parts[conflict.Part]
	actual, _ := conflict.Actual.Position()
	if p.Unchecked {
		p.Expected = actual
		return nil
	}
	entries, failed := w.conn.GapEntries(ctx, p.Filter)
	if failed != nil {
		return failed
	}
	base, passed, failed := w.rebase(ctx, p.Filter, entries, wanted[conflict.Part], actual)
	if failed != nil {
		return failed
	}
	if !passed {
		refusal := newConflict(conflict.Part, wanted[conflict.Part], actual)
		refusal.Passed = endsPassed(entries, actual)
		return refusal
	}
	p.Expected = base
	return nil
}

// appendOnce sends the commit until its outcome is known. A commit that was
// recorded is never reported as anything else, and none is recorded twice: see
// resolve.
func (w *Writer) appendOnce(ctx context.Context, c *commit) ([]uint64, error) {
	ctx, cancel := w.conn.WithTimeout(ctx)
	defer cancel()
	pause := conn.Backoff{Max: 250 * time.Millisecond}
	a := attempts{Writer: w, commit: c}
	for ; ; a.made++ {
		if err := w.writable(ctx); err != nil {
			return nil, a.giveUp(err)
		}
		if link := w.conn.Link(); link.IsUp() {
			if err := w.repairEnd(ctx, link); err != nil {
				return nil, a.giveUp(err)
			}
			positions, err := a.attemptOnce(ctx)
			if positions != nil || err != nil {
				return positions, err
			}
		}
		if err := w.conn.Pause(ctx, &pause); err != nil {
			return nil, a.giveUp(err)
		}
	}
}

// attempts are those that were made to append one commit.
//
// When a partition heals, a replicated stream can have two leaders for a moment.
// Both are given the commit, and both answer: what the deposed one denies, the
// other may have written. So after a suspect denial no conflict is trusted before
// it is known whose event is in the way.
type attempts struct {
	*Writer

	commit    *commit
	made      int
	ambiguous bool      // one was not answered: it may have been written
	suspect   bool      // one was denied, maybe by a deposed leader: it may have been written
	refused   time.Time // when one was first refused
}

// deposedLeader is longer than a leader that was deposed goes on answering: what it
// says of an older version, or after a suspect denial, is not trusted before that.
const deposedLeader = 500 * time.Millisecond

// attemptOnce makes one attempt. It returns neither positions nor an error if
// another one is needed.
func (a *attempts) attemptOnce(ctx context.Context) ([]uint64, error) {
	out := a.batcher.submit(ctx, a.commit)
	if out.Result == wire.Acked {
		return a.commit.positions(out.Seq), nil
	}
	a.ambiguous = a.ambiguous || out.Result == wire.Ambiguous
	a.suspect = a.suspect || out.suspect || out.Result == wire.Denied || a.isSuspect(out.Outcome)
	if a.ambiguous || a.suspect && out.Result != wire.Denied {
		seq, err := a.resolve(ctx, a.commit, a.conn.RequestTimeout(a.made))
		switch {
		case err == nil:
			return a.commit.positions(seq), nil
		case errors.Is(err, errTorn) && out.Result == wire.Rejected:
			return nil, out.Err // such as that of a full store
		case !errors.Is(err, errUnresolved):
			return nil, err
		case out.Result == wire.Ambiguous && out.Err != nil:
			return nil, a.commit.unknown(out.Err)
		}
	}
	if a.ambiguous {
		return nil, nil
	}
	switch out.Result {
	case wire.Rejected:
		if a.isTrusted() || !a.suspect {
			return nil, out.Err
		}
	case wire.Conflict:
		return nil, a.findConflict(ctx, out.Outcome)
	}
	return nil, nil
}

// giveUp is the error of a commit that is given up for the reason err.
func (a *attempts) giveUp(err error) error {
	if a.ambiguous || a.suspect {
		return a.commit.unknown(err)
	}
	return err
}
