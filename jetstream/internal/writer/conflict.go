package writer

import (
	"context"
	"errors"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// ConflictError is the conflict of one part of a commit.
type ConflictError struct {
	*core.ConflictError[uint64]

	Part   int  // index of the part
	Passed bool // Actual is the position of something that readers pass over, and no version
}

// Unwrap returns the error that a store returns.
func (e *ConflictError) Unwrap() error { return e.ConflictError }

func newConflict(part int, expected, actual uint64) *ConflictError {
	return &ConflictError{ConflictError: &core.ConflictError[uint64]{Expected: wire.Version(expected), Actual: wire.Version(actual)}, Part: part}
}

// isSuspect reports whether an outcome is a conflict that may come from a leader
// that was deposed, while another has written the commit. An event after the
// expected one proves the conflict, unless it may be the commit's own. Nothing that
// denies a commit is proof where it may come from a stream of another domain.
func (a *attempts) isSuspect(out wire.Outcome) bool {
	parts := a.commit.parts
	lower := out.Known && out.Actual < parts[0].Expected // as an empty stream has it
	if out.Result == wire.Conflict {
		return !a.conn.Attributed() || lower || a.conn.Replicated.Load() && (len(parts) > 1 || !out.Known)
	}
	_, answered := errors.AsType[*wire.RejectedError](out.Err)
	return out.Result == wire.Rejected && answered && !a.conn.Attributed()
}

// isTrusted reports whether a refusal cannot come from a deposed leader any more, nor
// be overtaken by an ack: the commit was first refused long enough ago.
func (a *attempts) isTrusted() bool {
	if a.refused.IsZero() {
		a.refused = time.Now()
	}
	return !a.conn.SuspectDenials() || time.Since(a.refused) > deposedLeader
}

// findConflict returns the conflict of the part whose aggregate is at another
// version. It returns nil if there is none, or it is not trusted yet: an older
// version than expected is what a deposed leader of a replicated stream has, and
// after a suspect denial a newer one may be the commit's own.
func (a *attempts) findConflict(ctx context.Context, out wire.Outcome) error {
	trusted := a.isTrusted()
	for i, p := range a.commit.parts {
		actual := out.Actual
		if len(a.commit.parts) > 1 || !out.Known || out.Actual < p.Expected || !a.conn.Attributed() {
			var err error
			if actual, err = a.conn.LastSequence(ctx, p.Filter); err != nil {
				return a.giveUp(err)
			}
		}
		if actual > p.Expected && !a.suspect || actual < p.Expected && trusted {
			return newConflict(i, p.Expected, actual)
		}
	}
	return nil
}
