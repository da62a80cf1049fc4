package writer

import (
	"context"

	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// A guard is a message of a commit that expects the version of an aggregate of which the
// commit records nothing. It lies outside of the aggregate's subjects, so that it is
// none of its versions, and no reader looks at it.

// brokenGuard returns a [ConflictError] if a guard's aggregate has moved on while the log
// held nothing of the commit: then it never will. Otherwise it returns errUnresolved. One
// replica tells of all aggregates at one moment. Whatever it lacks of the log, it has all
// that came before the event that breaks the guard.
func (w *Writer) brokenGuard(ctx context.Context, c *commit) error {
	filters, guards := make([]string, len(c.parts)), 0
	for i, p := range c.parts {
		filters[i] = p.Filter
		if p.Guard {
			guards++
		}
	}
	if guards == 0 {
		return errUnresolved
	}
	heads, err := w.heads(ctx, filters)
	if err != nil || heads.Pending > 0 {
		return errUnresolved
	}
	broken, at := -1, uint64(0)
	for _, m := range heads.Messages {
		for i, p := range c.parts {
			switch {
			case m.Seq <= p.Expected || !m.On(p.Filter):
			case !p.Guard:
				return errUnresolved // it may be the commit's own
			case broken < 0 || i == broken && m.Seq > at:
				broken, at = i, m.Seq
			}
		}
	}
	if broken < 0 {
		return errUnresolved
	}
	return newConflict(broken, c.parts[broken].Expected, at)
}

// heads asks one replica for the last message on each subject.
func (w *Writer) heads(ctx context.Context, filters []string) (heads *wire.Page, err error) {
	err = w.conn.RetryRead(ctx, func(ctx context.Context) (err error) {
		heads, err = w.conn.AskPage(ctx, wire.GetRequest{MultiLast: filters, MaxBytes: conn.HeadBytes})
		return err
	})
	return heads, err
}
