package jetstream

import (
	"context"
	"errors"
	"fmt"
)

// cursor reads the messages on one subject, page by page.
type cursor struct {
	subject string
	next    uint64 // the sequence to ask from
	last    uint64 // the last message, known to exist
	taken   uint64 // the message that was taken last
	bytes   int    // of a page
	count   int    // messages of a page
	page    []*message
	coming  *answers // to the request for the next page; nil if there is none
}

const (
	// budget is what the pages of one read may take together, in bytes, and again
	// for those on their way.
	budget = 4 << 20
	// firstPage is how many messages are asked for at most before it is known how far
	// apart they are, and leastPage how many however far that is.
	firstPage = 16
	leastPage = 4
	// pageReach is how many messages of the stream a server should have to look at for
	// one page, a matter of a millisecond or two. It does so while it answers
	// nobody else on the same connection, and writes no batch.
	pageReach = 8192
	// block is how many bytes of the stream a server has in one block, if the stream
	// may grow at will. To what a subject has first in a block it goes at once, and
	// from there to the next it looks at every message.
	block = 8 << 20
	// onceForAll is what it costs to look at a message for all subjects of an
	// aggregate, if it costs 1 for one of them.
	onceForAll = 2
)

// errDense says that the subjects of a read are better read together.
var errDense = errors.New("many messages close together")

// merge takes the messages of all cursors in order, up to sequence upTo unless
// that is 0. The first pages are asked for all at once.
func (s *stream) merge(ctx context.Context, cursors []*cursor, upTo uint64, stopped *bool, take func(*message) error) error {
	defer func() {
		for _, c := range cursors {
			c.close()
		}
	}()
	for _, c := range cursors {
		c.bytes = min(pageBytes, max(budget/len(cursors), 16<<10))
		if err := s.ask(c); err != nil && !passes(err) {
			return err
		}
	}
	for turn := 0; !*stopped; turn++ {
		var first *cursor
		for _, c := range cursors {
			if err := s.fill(ctx, c); err != nil {
				return err
			}
			if len(c.page) > 0 && (first == nil || c.page[0].seq < first.page[0].seq) {
				first = c
			}
		}
		if turn == 0 && dense(cursors) {
			return errDense
		}
		if first == nil || upTo > 0 && first.page[0].seq > upTo {
			return whole(cursors, upTo)
		}
		m := first.page[0]
		first.page, first.taken = first.page[1:], m.seq
		if err := take(m); err != nil {
			return err
		}
	}
	return nil
}

// firstCount is how many messages to ask for of each of several subjects, whose
// last messages are heads. How close these are is all that is known yet of how far
// apart those of one subject are.
func firstCount(heads []*message) int {
	if len(heads) < 2 {
		return firstPage
	}
	first, last := heads[0].seq, heads[0].seq
	for _, m := range heads {
		first, last = min(first, m.seq), max(last, m.seq)
	}
	n := float64(len(heads))
	apart := float64(last-first) * n / (n - 1)
	if apart*float64(size(heads))/n >= block {
		return firstPage
	}
	return int(min(max(pageReach/apart, 2), firstPage))
}

// span is how many messages of the stream a page reaches over.
func span(page []*message) uint64 { return page[len(page)-1].seq - page[0].seq + 1 }

// pageSize is how many messages to ask for after a page.
func pageSize(page []*message) int {
	return int(min(max(pageReach*uint64(len(page))/span(page), leastPage), pageMessages))
}

// dense reports whether the subjects are faster read together, which looks at every
// message once, than each by itself, which looks at most of them again and again.
func dense(cursors []*cursor) bool {
	looks := 0.0
	for _, c := range cursors {
		if n := len(c.page); n > 0 && c.next <= c.last {
			apart := float64(span(c.page)-1) / float64(max(n-1, 1))
			looks += max(0, 1-apart*float64(size(c.page)/n)/block)
		}
	}
	return looks > onceForAll
}

// size is about how many bytes a page takes in the stream.
func size(page []*message) (n int) {
	for _, m := range page {
		n += len(m.subject) + headerSize(m.header) + len(m.data)
	}
	return n
}

// whole returns an error if a message was not taken that is known to exist: an
// answer with a wrong sequence can make the rest look as if it came too late.
func whole(cursors []*cursor, upTo uint64) error {
	for _, c := range cursors {
		if c.taken < c.last && (upTo == 0 || c.last <= upTo) {
			return &ReadError{Description: fmt.Sprintf("message %d on %.64q was not answered with", c.last, c.subject)}
		}
	}
	return nil
}

// ask sends the request for the cursor's next page.
func (s *stream) ask(c *cursor) error {
	a, err := s.send(s.directGet, getRequest{NextFor: c.subject, Seq: c.next, Batch: c.count, MaxBytes: c.bytes})
	c.coming = a
	return err
}

func (c *cursor) close() {
	if c.coming != nil {
		c.coming.close()
		c.coming = nil
	}
}

// fill makes sure that the cursor has a page, unless it is at its end. A replica
// that does not have the messages yet is asked again.
func (s *stream) fill(ctx context.Context, c *cursor) error {
	if len(c.page) > 0 || c.next > c.last {
		return nil
	}
	return s.insist(ctx, func(ctx context.Context) error { return s.turn(ctx, c) })
}

// turn receives the next page and asks for the one after it.
func (s *stream) turn(ctx context.Context, c *cursor) error {
	if c.coming == nil {
		if err := s.ask(c); err != nil {
			return err
		}
	}
	b, err := s.receive(ctx, c.coming)
	c.close()
	if err != nil {
		return err
	}
	if len(b.messages) == 0 {
		return errLagging
	}
	for i, m := range b.messages {
		if m.seq > c.last && (i == 0 && c.next <= c.last || i > 0 && b.messages[i-1].seq < c.last) {
			return &ReadError{Description: fmt.Sprintf("message %d on %.64q was left out", c.last, c.subject)}
		}
	}
	c.page = b.messages
	c.count = pageSize(c.page)
	c.next = c.page[len(c.page)-1].seq + 1
	if c.next <= c.last {
		if err := s.ask(c); err != nil && !passes(err) {
			return err
		}
	}
	return nil
}
