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
	Head     uint64   // the last, which no unfinished commit holds; 0 for the end of the log
}

// Aggregate yields the messages of one aggregate in order, but for those that readers
// pass over. An answer that is broken, or breaks the chain, is read again, the last
// time from the leader alone.
func (r *Reader) Aggregate(ctx context.Context, plan ReadPlan) iter.Seq2[*wire.Message, error] {
	return func(yield func(*wire.Message, error) bool) {
		chain := wire.Chain{Aggregate: plan.Filter, Whole: plan.Subjects == nil, From: plan.From}
		a := &aggregateRead{Reader: r, plan: plan, chain: chain, yield: yield}
		if err := a.run(ctx); err != nil {
			yield(nil, err)
		}
	}
}

// aggregateRead is one read of an aggregate.
type aggregateRead struct {
	*Reader

	plan    ReadPlan
	view    View // what this attempt sees
	lags    bool // the end of the log is that of a replica
	chain   wire.Chain
	held    []*wire.Message // of a commit whose last message has not been read
	last    *wire.Message   // that was yielded; nil before the first
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
			if a.last != nil {
				a.conn.Saw(a.last.Seq, a.last.CommitID())
			}
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

// deliver continues the chain with a message, and yields it if it was asked for and
// readers do not pass over it, but not before the last message of its commit has come.
func (a *aggregateRead) deliver(m *wire.Message) error {
	if a.plan.Subjects != nil && !slices.Contains(a.plan.Subjects, m.Subject) {
		return nil
	}
	if a.chain.Tears(m) {
		a.held = nil
		a.chain.Abandon()
	}
	if a.isOpen(m) && a.lags {
		return conn.ErrLagging
	}
	if a.passes(m) {
		return a.chain.Pass(m)
	}
	if err := a.chain.Add(m); err != nil {
		return err
	}
	a.held = append(a.held, m)
	if a.chain.Unfinished() {
		return nil
	}
	for _, m := range a.held {
		a.last = m
		if a.stopped = !a.yield(m, nil); a.stopped {
			return nil
		}
	}
	a.held = a.held[:0]
	return nil
}

// passes reports whether readers pass over a message. So they do over one whose
// commit goes beyond the end of the log: its other messages are not there yet.
func (a *aggregateRead) passes(m *wire.Message) bool {
	return a.view.Passes(m) || a.isOpen(m)
}

// isOpen reports whether the commit of a message goes beyond the end of the log.
func (a *aggregateRead) isOpen(m *wire.Message) bool {
	h, err := m.Commit()
	return err == nil && h != nil && h.End(m.Seq) > a.view.Head
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
	if err := a.look(heads); err != nil {
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

// look takes from the last message of each kind what this attempt sees.
func (a *aggregateRead) look(heads *wire.Page) (err error) {
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
	last, err := a.conn.LastMessages(ctx, ">", a.plan.Filter)
	if err != nil || last[1] == nil {
		return err
	}
	a.view.Head, a.lags = a.plan.Head, false
	if a.view.Head == 0 {
		a.view.Head = last[0].Seq
	}
	if a.view.Gaps, _, err = a.GapsOf(ctx, a.plan.Filter); err != nil {
		return err
	}
	for next := a.plan.From; next <= a.view.Head && !a.stopped; {
		m, err := a.conn.Message(ctx, wire.GetRequest{Seq: next, NextFor: a.plan.Filter})
		if err != nil {
			return err
		}
		if m == nil || m.Seq > a.view.Head {
			break
		}
		next = m.Seq + 1
		if err := a.deliver(m); err != nil {
			return err
		}
	}
	if a.stopped || !a.chain.Unfinished() {
		return nil
	}
	return a.findTear(ctx)
}

// findTear gives up the last commit if it lost its end: another commit's message is
// in the place of its next.
func (a *aggregateRead) findTear(ctx context.Context) error {
	next, err := a.conn.Message(ctx, wire.GetRequest{Seq: a.chain.Last + 1})
	if err != nil || next == nil {
		return err
	}
	if last := a.held[len(a.held)-1]; !sameCommit(next, last.CommitID()) {
		a.held = nil
		a.chain.Abandon()
	}
	return nil
}
