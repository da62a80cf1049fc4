package reader

import (
	"cmp"
	"context"
	"slices"

	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// backwards reads an aggregate from its last messages to its first: each names the one
// before it, and a server finds a message by its position at once. From one message of
// a subject to the next it examines every message between them that is in the same
// block, so where these are many a read by subject is slow, and holds up all other
// requests on the connection. And where nearly all of a small aggregate are last messages
// of their kinds, the few others take fewer requests by position. [readCost] compares.
type backwards struct {
	conn  *conn.Conn
	plan  ReadPlan
	heads []*wire.Message          // the last of each subject
	cost  readCost                 // of the rest
	known map[uint64]*wire.Message // nil for what was asked for and has not come
	count int                      // of the messages that have come
	bytes int                      // that they take
	total int                      // of the messages on all subjects; 0 if not known yet
}

// maxBackwards is how many messages are read backwards at most. The server answers with
// each before the next can be asked for.
const maxBackwards = 1024

// readBackwards returns the messages of an aggregate in order, given the last of each
// kind; nil if they are better read by subject: they are many, or not far apart. So they
// are after any error, for it is not known which of two answers is wrong.
func (a *aggregateRead) readBackwards(ctx context.Context, heads []*wire.Message) []*wire.Message {
	if a.plan.Subjects != nil {
		return nil
	}
	b := &backwards{
		conn: a.conn, plan: a.plan, heads: heads,
		cost:  readCost{subjects: len(heads), roundTrip: a.fastest.duration()},
		known: make(map[uint64]*wire.Message, 2*len(heads)),
	}
	last := b.add(heads)
	requests := b.predecessors(last)
	if len(requests) > 0 {
		requests = append(requests, b.totals()...)
	}
	for len(requests) > 0 {
		if last = b.read(ctx, requests); last == nil {
			return nil
		}
		requests = b.predecessors(last)
	}
	if b.count != b.total {
		return nil
	}
	all := make([]*wire.Message, 0, b.count)
	for _, m := range b.known {
		if m != nil {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(m, n *wire.Message) int { return cmp.Compare(m.Seq, n.Seq) })
	return all
}

// add takes messages, and returns those that had not come yet.
func (b *backwards) add(messages []*wire.Message) (fresh []*wire.Message) {
	for _, m := range messages {
		if b.known[m.Seq] == nil {
			b.known[m.Seq] = m
			b.count++
			b.bytes += m.StoredSize()
			fresh = append(fresh, m)
		}
	}
	return fresh
}

// totals asks how many messages there are, so that a chain that passes over some is
// noticed. An answer is the first message, and says how many come after it. From the
// beginning of the log a server counts all subjects together at once.
func (b *backwards) totals() (requests []wire.GetRequest) {
	if b.plan.From <= 1 {
		return []wire.GetRequest{{NextFor: b.plan.Filter, Seq: 1, Batch: 1}}
	}
	for _, m := range b.heads {
		requests = append(requests, wire.GetRequest{NextFor: m.Subject, Seq: b.plan.From, Batch: 1})
	}
	return requests
}

// predecessors asks for the messages before some that have come, unless they were asked
// for. It returns none if the rest is better read by subject.
func (b *backwards) predecessors(last []*wire.Message) (requests []wire.GetRequest) {
	for _, m := range last {
		h, err := m.Commit()
		if err != nil || h == nil || uint64(h.Index) >= m.Seq {
			return nil // it does not say
		}
		first := m.Seq - uint64(h.Index)
		seq := m.Seq
		for seq > max(first, b.plan.From) && b.ask(seq-1) {
			seq--
		}
		switch n := int(m.Seq - seq); {
		case n == 1:
			requests = append(requests, wire.GetRequest{Seq: seq})
		case n > 1:
			requests = append(requests, wire.GetRequest{Seq: seq, Batch: n, MaxBytes: maxPageBytes})
		}
		if h.Previous < max(b.plan.From, 1) || h.Previous >= first {
			continue
		}
		b.cost.gap(first - h.Previous)
		if b.ask(h.Previous) {
			requests = append(requests, wire.GetRequest{Seq: h.Previous})
		}
	}
	if max(len(b.known), b.total) > maxBackwards || b.bytes > readBytes || !b.cost.isLessBackwards(len(requests), max(b.total-b.count, 0), b.bytes/b.count) {
		return nil
	}
	return requests
}

// ask reports whether a position has not been asked for yet, and notes that it is.
func (b *backwards) ask(seq uint64) bool {
	if _, ok := b.known[seq]; ok {
		return false
	}
	b.known[seq] = nil
	return true
}

// read sends all requests at once, waits for the answers, and returns the messages that
// are new; nil if one has not come, or cannot be the aggregate's.
func (b *backwards) read(ctx context.Context, requests []wire.GetRequest) (fresh []*wire.Message) {
	calls := make([]*conn.Call, 0, len(requests))
	defer func() {
		for _, c := range calls {
			c.Close()
		}
	}()
	for _, r := range requests {
		c, err := b.conn.CallAny(r)
		if err != nil {
			return nil
		}
		calls = append(calls, c)
	}
	for i, c := range calls {
		page, err := c.Page(ctx)
		if err != nil || len(page.Messages) != max(requests[i].Batch, 1) || slices.ContainsFunc(page.Messages, b.isUnexpected) {
			return nil
		}
		if requests[i].NextFor != "" {
			b.total += 1 + page.Pending
		}
		fresh = append(fresh, b.add(page.Messages)...)
	}
	return fresh
}

// isUnexpected reports whether a message is on no subject of the aggregate.
func (b *backwards) isUnexpected(m *wire.Message) bool {
	return !slices.ContainsFunc(b.heads, func(head *wire.Message) bool { return head.Subject == m.Subject })
}
