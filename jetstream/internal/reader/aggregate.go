package reader

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// ReadPlan is what to read of one aggregate.
type ReadPlan struct {
	Filter   string   // every subject of the aggregate
	Subjects []string // the subjects asked for; nil for all
	From     uint64   // the first sequence of interest
	Head     uint64   // the last; 0 for the end of the log
}

// Aggregate yields the messages of one aggregate in order. An answer that is
// broken, or breaks the chain, is read again, the last time from the leader alone.
func (r *Reader) Aggregate(ctx context.Context, plan ReadPlan) iter.Seq2[*wire.Message, error] {
	return func(yield func(*wire.Message, error) bool) {
		chain := wire.Chain{Aggregate: plan.Filter, Whole: plan.Subjects == nil, From: plan.From}
		a := &aggregateRead{conn: r.conn, plan: plan, chain: chain, yield: yield}
		if err := a.run(ctx); err != nil {
			yield(nil, err)
		}
	}
}

// aggregateRead is one read of an aggregate.
type aggregateRead struct {
	conn    *conn.Conn
	plan    ReadPlan
	chain   wire.Chain
	yield   yieldMessage
	stopped bool // the loop was broken
}

// maxAttempts is how often an aggregate is read until it is found in order.
const maxAttempts = 3

func (a *aggregateRead) run(ctx context.Context) error {
	pause := conn.Backoff{Max: 250 * time.Millisecond}
	for attempt := 1; ; attempt++ {
		if a.chain.Last > 0 {
			a.plan.From = a.chain.Last + 1
		}
		read := a.readReplicas
		if attempt == maxAttempts {
			read = a.readLeader
		}
		err := read(ctx)
		if err == nil && !a.stopped {
			err = a.chain.End()
		}
		if err == nil || a.stopped {
			return nil
		}
		_, broken := errors.AsType[*wire.ChainError](err)
		if attempt == maxAttempts || !broken && !conn.IsRetryable(err) {
			return err
		}
		a.conn.Logger.WarnContext(ctx, "reading an aggregate again", "aggregate", a.plan.Filter, "error", err)
		if err := a.conn.Pause(ctx, &pause); err != nil {
			return err
		}
	}
}

// deliver yields a message if it was asked for and continues the chain.
func (a *aggregateRead) deliver(m *wire.Message) error {
	if a.plan.Subjects != nil && !slices.Contains(a.plan.Subjects, m.Subject) {
		return nil
	}
	if err := a.chain.Add(m); err != nil {
		return err
	}
	a.stopped = !a.yield(m, nil)
	return nil
}

// readReplicas reads in two round trips. The first asks for the last message of
// each kind; the second, if the aggregate has more, for every kind by itself,
// all at once: a read by literal subject does not slow down as the stream grows,
// one by wildcard does. An aggregate with very many events is read by wildcard
// all the same, if there are few others between them.
func (a *aggregateRead) readReplicas(ctx context.Context) error {
	heads, err := a.heads(ctx)
	if err != nil {
		return err
	}
	if a.isComplete(heads.Messages) {
		for _, m := range heads.Messages {
			if err := a.deliver(m); err != nil || a.stopped {
				return err
			}
		}
		return nil
	}
	head := a.plan.Head
	if head == 0 {
		// What is later may be part of a commit whose rest was not asked for.
		head = heads.UpTo
	}
	cursors := newCursors(a.conn, heads.Messages, a.plan.From)
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

// isComplete reports whether the last message of each kind is the whole aggregate.
func (a *aggregateRead) isComplete(heads []*wire.Message) bool {
	chain := a.chain
	for _, m := range heads {
		if h, err := m.Commit(); err != nil || h == nil || a.plan.Head > 0 && m.Seq > a.plan.Head || chain.Add(m) != nil {
			return false
		}
	}
	return a.plan.Subjects == nil && chain.End() == nil
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

// readLeader reads message by message from the leader alone.
func (a *aggregateRead) readLeader(ctx context.Context) error {
	last, err := a.conn.LastSequence(ctx, a.plan.Filter)
	if err != nil {
		return err
	}
	if a.plan.Head > 0 {
		last = min(last, a.plan.Head)
	}
	for next := a.plan.From; next <= last && !a.stopped; {
		m, err := a.conn.Message(ctx, wire.GetRequest{Seq: next, NextFor: a.plan.Filter})
		if err != nil {
			return err
		}
		if m == nil || m.Seq > last {
			return nil
		}
		next = m.Seq + 1
		if err := a.deliver(m); err != nil {
			return err
		}
	}
	return nil
}
