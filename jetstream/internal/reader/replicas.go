package reader

import (
	"context"
	"errors"
	"slices"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// readReplicas asks for the last message of each kind first. If the aggregate has more,
// there are two ways to go on. By subject it asks for every kind by itself, all at once: a
// read by literal subject does not slow down as the stream grows, one by wildcard does. But
// it slows down with the number of messages between two in the same block of the stream, and
// each kind is a request. So where the messages between are many, or few of the aggregate are
// missing, it is read [backwards], by position. An aggregate with very many events is read by
// wildcard all the same, if there are few others between them.
func (a *aggregateRead) readReplicas(ctx context.Context) error {
	heads, err := a.heads(ctx)
	if err != nil {
		return err
	}
	if err := a.setView(heads); err != nil {
		return err
	}
	if a.isComplete(heads.Messages) {
		return a.deliverAll(heads.Messages)
	}
	if all := a.readBackwards(ctx, heads.Messages); all != nil {
		return a.deliverAll(all)
	}
	// What is later may be part of a commit whose rest was not asked for.
	head := a.view.Head
	cursors := newCursors(a.conn, a.asked(heads.Messages), a.plan.From)
	err = a.readPages(ctx, &pages{cursors: cursors, head: head})
	if !errors.Is(err, errDense) {
		return err
	}
	all := &cursor{conn: a.conn, subject: a.plan.Filter, next: a.plan.From, limit: pageLimit{messages: firstPage}}
	for _, c := range cursors {
		all.last = max(all.last, c.last)
	}
	return a.readPages(ctx, &pages{cursors: []*cursor{all}, head: head})
}

// setView takes from the last message of each kind what this attempt sees.
func (a *aggregateRead) setView(heads *wire.Page) (err error) {
	var entries []*wire.Message
	for _, m := range heads.Messages {
		if wire.IsGapEntry(m.Subject) {
			entries = append(entries, m)
		}
	}
	a.view.Head = a.plan.Head
	if a.view.Head == 0 {
		a.view.Head, a.lags = heads.UpTo, a.conn.Replicated.Load()
	}
	a.view.Gaps, err = wire.GapsOf(entries)
	return err
}

// asked returns the messages on subjects that are to be read.
func (a *aggregateRead) asked(heads []*wire.Message) []*wire.Message {
	if a.plan.Subjects == nil {
		return heads
	}
	return slices.DeleteFunc(slices.Clone(heads), func(m *wire.Message) bool { return wire.IsGapEntry(m.Subject) })
}

// isComplete reports whether the last message of each kind is the whole aggregate.
func (a *aggregateRead) isComplete(heads []*wire.Message) bool {
	chain := a.chain
	for _, m := range heads {
		if h, err := m.Commit(); err != nil || h == nil || a.plan.Head > 0 && m.Seq > a.plan.Head || a.passes(m) || chain.Add(m) != nil {
			return false
		}
	}
	return a.plan.Subjects == nil && chain.End() == nil
}

// deliverAll delivers messages that are in order, up to the end of the view.
func (a *aggregateRead) deliverAll(messages []*wire.Message) error {
	for _, m := range messages {
		if m.Seq > a.view.Head {
			return nil
		}
		if err := a.deliver(m); err != nil || a.stopped {
			return err
		}
	}
	return nil
}

// readPages delivers the messages of some pages.
func (a *aggregateRead) readPages(ctx context.Context, p *pages) error {
	defer p.close()
	if err := p.open(ctx); err != nil {
		return err
	}
	for !a.stopped {
		m, err := p.next(ctx)
		if m == nil || err != nil {
			return err
		}
		if err := a.deliver(m); err != nil {
			return err
		}
	}
	return nil
}
