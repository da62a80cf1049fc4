package reader

import (
	"context"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

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
	if a.view.Gaps, err = a.GapsOf(ctx, a.plan.Filter); err != nil {
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
	if last := a.held[len(a.held)-1]; next.CommitID() != last.CommitID() {
		a.held = nil
		a.chain.Abandon()
	}
	return nil
}
