package reader

import (
	"context"
	"errors"
	"time"

	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// heads returns the last message of each kind of the plan. On a replicated stream
// it makes sure that they are as recent as those of the leader.
func (a *aggregateRead) heads(ctx context.Context) (*wire.Page, error) {
	filters := []string{a.plan.Filter}
	if a.plan.Subjects != nil {
		filters = append(wire.GapSubjects(a.plan.Filter), a.plan.Subjects...)
	}
	var heads *wire.Page
	err := a.conn.RetryRead(ctx, func(ctx context.Context) (err error) {
		request := wire.GetRequest{MultiLast: filters, Seq: a.plan.From, MaxBytes: conn.HeadBytes}
		sent := time.Now()
		var last *wire.Message
		if a.conn.Replicated.Load() {
			heads, last, err = a.askWithLeader(ctx, request)
		} else {
			heads, err = a.conn.AskPage(ctx, request)
		}
		if errors.Is(err, wire.ErrNoResults) {
			heads, err = &wire.Page{}, nil
		}
		if err != nil {
			return err
		}
		a.fastest.add(time.Since(sent))
		if err := a.moreHeads(ctx, filters, heads); err != nil {
			return err
		}
		return a.compareHeads(ctx, filters, heads, last)
	})
	if err != nil {
		return nil, err
	}
	return heads, nil
}

// askWithLeader sends a request for heads, and at the same time asks the leader for the
// last message of the aggregate: the replica that answers may lag.
func (a *aggregateRead) askWithLeader(ctx context.Context, request wire.GetRequest) (heads *wire.Page, last *wire.Message, err error) {
	call, err := a.conn.CallAny(request)
	if err != nil {
		return nil, nil, err
	}
	defer call.Close()
	leader, err := a.conn.CallLeader(wire.GetRequest{LastFor: a.plan.Filter})
	if err != nil {
		return nil, nil, err
	}
	defer leader.Close()
	heads, err = call.Page(ctx)
	if err != nil && !errors.Is(err, wire.ErrNoResults) {
		return nil, nil, err
	}
	last, leaderErr := leader.Message(ctx, a.conn.AckWait)
	if leaderErr != nil {
		return nil, nil, leaderErr
	}
	switch {
	case last == nil || last.Seq < a.plan.From:
		return nil, nil, wire.ErrNoResults
	case err == nil && heads.UpTo >= max(last.Seq, a.plan.Head):
		return heads, last, nil
	case err == nil:
		return nil, nil, conn.ErrLagging
	case a.plan.Subjects == nil:
		return nil, nil, a.compareHeads(ctx, []string{a.plan.Filter}, &wire.Page{}, last)
	}
	return nil, nil, a.noneOfSubjects(ctx)
}

// noneOfSubjects returns [wire.ErrNoResults] if the leader has no message on any
// of the subjects of the plan either.
func (a *aggregateRead) noneOfSubjects(ctx context.Context) error {
	for _, subject := range a.plan.Subjects {
		last, err := a.conn.LastSequence(ctx, subject)
		if err != nil {
			return err
		}
		if last >= a.plan.From {
			return conn.ErrLagging
		}
	}
	return wire.ErrNoResults
}

// moreHeads adds to heads what was too large for one answer, as it was at the time
// of that answer.
func (a *aggregateRead) moreHeads(ctx context.Context, filters []string, heads *wire.Page) error {
	for heads.Pending > 0 {
		if len(heads.Messages) == 0 {
			return conn.ErrLagging
		}
		last := heads.Messages[len(heads.Messages)-1].Seq
		more, err := a.conn.AskPage(ctx, wire.GetRequest{MultiLast: filters, Seq: last + 1, UpTo: heads.UpTo, MaxBytes: conn.HeadBytes})
		if errors.Is(err, wire.ErrNoResults) || err == nil && len(more.Messages)+more.Pending != heads.Pending {
			return conn.ErrLagging // another replica answered, which has less
		}
		if err != nil {
			return err
		}
		heads.Messages, heads.Pending = append(heads.Messages, more.Messages...), more.Pending
	}
	return nil
}
