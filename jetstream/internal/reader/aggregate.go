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
	Head     uint64   // read up to here, where a commit ends; 0 for the end of the log
}

// Aggregate yields the messages of one aggregate in order, but for those that readers
// pass over. An answer that is broken, or breaks the chain, is read again, the last
// time from the leader alone.
func (r *Reader) Aggregate(ctx context.Context, plan ReadPlan) iter.Seq2[*wire.Message, error] {
	return func(yield func(*wire.Message, error) bool) {
		chain := wire.Chain{Aggregate: plan.Filter, Whole: plan.Subjects == nil, From: plan.From}
		a := &aggregateRead{Reader: r, plan: plan, chain: chain, loop: loop{yield: yield}}
		if err := a.run(ctx); err != nil {
			yield(nil, err)
		}
	}
}

// aggregateRead is one read of an aggregate.
type aggregateRead struct {
	*Reader

	plan  ReadPlan
	view  View // what this attempt sees
	lags  bool // the end of the log is that of a replica
	chain wire.Chain
	held  []*wire.Message // of a commit whose last message has not been read
	loop
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
		_, diverged := errors.AsType[*wire.DivergedError](err)
		if attempt == maxAttempts || diverged || !broken && !conn.IsRetryable(err) {
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
func (a *aggregateRead) isOpen(m *wire.Message) bool { return m.CommitEnd() > a.view.Head }
