package reader

import (
	"cmp"
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// backwards reads an aggregate from its last messages to its first: each names the one
// before it, and a server finds a message by its position at once. From one message of
// a subject to the next it examines every message between them that is in the same
// block, so where these are many a read by subject is slow, and holds up all other
// requests on the connection.
type backwards struct {
	conn  *conn.Conn
	cost  stepCost
	from  uint64                   // the first sequence of interest
	known map[uint64]*wire.Message // nil for what was asked for and has not come
	last  []*wire.Message          // that came last
	count int                      // of messages that are known
	bytes int                      // that they take in the stream
}

// maxBackwards is how many messages are read backwards at most. The server answers with
// each before the next can be asked for.
const maxBackwards = 1024

// positions is a range of consecutive positions.
type positions struct {
	first uint64
	count int
}

// readBackwards returns the messages of an aggregate in order, given the last of each
// kind; nil if they are better read by subject: they are many, or not far apart, or
// some do not name their predecessors. Nor is an error worth more than that.
func (a *aggregateRead) readBackwards(ctx context.Context, heads []*wire.Message) []*wire.Message {
	if a.plan.Subjects != nil {
		return nil
	}
	b := &backwards{
		conn: a.conn, from: a.plan.From,
		cost:  stepCost{kinds: len(heads), roundTrip: a.fastest.duration()},
		known: make(map[uint64]*wire.Message, 2*len(heads)),
	}
	for b.add(heads...); len(b.last) > 0; {
		wanted, ok := b.wanted()
		if !ok || !b.read(ctx, wanted) {
			return nil
		}
	}
	all := make([]*wire.Message, 0, len(b.known))
	for _, m := range b.known {
		all = append(all, m)
	}
	slices.SortFunc(all, func(m, n *wire.Message) int { return cmp.Compare(m.Seq, n.Seq) })
	return all
}

// add takes messages that were read.
func (b *backwards) add(messages ...*wire.Message) {
	b.last = messages
	b.count += len(messages)
	for _, m := range messages {
		b.known[m.Seq] = m
		b.bytes += m.StoredSize()
	}
}

// wanted returns the predecessors of the messages that came last, but for those that
// were asked for. It is false if there is one that names none, or the rest is better
// read by subject.
func (b *backwards) wanted() (all []positions, ok bool) {
	for _, m := range b.last {
		h, err := m.Commit()
		if err != nil || h == nil || uint64(h.Index) >= m.Seq {
			return nil, false
		}
		first := m.Seq - uint64(h.Index)
		for seq := m.Seq; seq > max(first, b.from) && b.ask(seq-1); seq-- {
			if n := len(all); n > 0 && all[n-1].first == seq {
				all[n-1].first, all[n-1].count = seq-1, all[n-1].count+1
				continue
			}
			all = append(all, positions{seq - 1, 1})
		}
		if h.Previous >= max(b.from, 1) && h.Previous < first {
			b.cost.gap(first - h.Previous)
			if b.ask(h.Previous) {
				all = append(all, positions{h.Previous, 1})
			}
		}
	}
	return all, len(all) == 0 || len(b.known) <= maxBackwards && b.bytes <= readBytes && b.cost.isFar(b.bytes/b.count)
}

// ask reports whether a position has not been asked for yet, and notes that it is.
func (b *backwards) ask(seq uint64) bool {
	if _, ok := b.known[seq]; ok {
		return false
	}
	b.known[seq] = nil
	return true
}

// read asks for all positions at once, and waits for the messages.
func (b *backwards) read(ctx context.Context, wanted []positions) bool {
	b.last = nil
	var calls []*conn.Call
	defer func() {
		for _, c := range calls {
			c.Close()
		}
	}()
	for _, p := range wanted {
		request := wire.GetRequest{Seq: p.first}
		if p.count > 1 {
			request.Batch, request.MaxBytes = p.count, maxPageBytes
		}
		c, err := b.conn.CallAny(request)
		if err != nil {
			return false
		}
		calls = append(calls, c)
	}
	var messages []*wire.Message
	for i, c := range calls {
		page, err := c.Page(ctx)
		if err != nil || len(page.Messages) != wanted[i].count {
			return false
		}
		messages = append(messages, page.Messages...)
	}
	b.add(messages...)
	return true
}

const (
	// smallStep is how many messages a server examines in the time it takes it and the
	// client to handle one more request.
	smallStep = 400
	// examineTime is how long a server takes to examine a message.
	examineTime = 150 * time.Nanosecond
)

// stepCost decides between a step backwards and one by subject.
type stepCost struct {
	kinds     int
	roundTrip time.Duration
	total     uint64 // of all gaps
	gaps      int
}

// gap takes the number of positions from one commit of the aggregate to the next.
func (s *stepCost) gap(n uint64) {
	s.total += n
	s.gaps++
}

// isFar reports whether a step backwards takes less time than one by subject, given the
// size of a message: see isDense, which compares the two ways by subject.
func (s *stepCost) isFar(size int) bool {
	if s.gaps == 0 {
		return true
	}
	gap := float64(s.total) / float64(s.gaps)
	each := gap * float64(s.kinds)
	examined := min(each*max(0, 1-each*float64(size)/block), wildcardScanCost*gap)
	return examined > max(smallStep, float64(s.roundTrip/examineTime))
}

// shortest is the shortest of some durations. It is safe for concurrent use.
type shortest struct{ ns atomic.Int64 }

func (s *shortest) add(d time.Duration) {
	for {
		old := s.ns.Load()
		if old != 0 && old <= int64(d) || s.ns.CompareAndSwap(old, int64(d)) {
			return
		}
	}
}

func (s *shortest) duration() time.Duration { return time.Duration(s.ns.Load()) }
