package reader

import (
	"context"
	"fmt"

	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// cursor reads the messages on one subject, page by page, and asks for one page
// ahead.
type cursor struct {
	conn    *conn.Conn
	subject string
	next    uint64 // the sequence to ask from
	last    uint64 // the last message, known to exist
	taken   uint64 // the last message that was taken
	limit   pageLimit
	page    []*wire.Message
	call    *conn.Call // for the next page; nil if none is on its way
}

// pageLimit bounds a page. A page is a burst, so it must stay well below what a
// server lets pile up for a client.
type pageLimit struct{ messages, bytes int }

const (
	maxPageMessages = 500
	maxPageBytes    = 512 << 10
	minPageBytes    = 16 << 10
)

// ask sends the request for the next page.
func (c *cursor) ask() error {
	call, err := c.conn.CallAny(wire.GetRequest{NextFor: c.subject, Seq: c.next, Batch: c.limit.messages, MaxBytes: c.limit.bytes})
	c.call = call
	return err
}

func (c *cursor) close() {
	if c.call != nil {
		c.call.Close()
		c.call = nil
	}
}

// fill makes sure that the cursor has a page, unless it is at its end. A replica
// that does not have the messages yet is asked again.
func (c *cursor) fill(ctx context.Context) error {
	if len(c.page) > 0 || c.next > c.last {
		return nil
	}
	return c.conn.RetryRead(ctx, c.receive)
}

// receive waits for the next page and asks for the one after it.
func (c *cursor) receive(ctx context.Context) error {
	if c.call == nil {
		if err := c.ask(); err != nil {
			return err
		}
	}
	p, err := c.call.Page(ctx)
	c.close()
	if err != nil {
		return err
	}
	if len(p.Messages) == 0 {
		return conn.ErrLagging
	}
	if err := c.checkLast(p.Messages); err != nil {
		return err
	}
	c.page = p.Messages
	c.limit.messages = nextPage(c.page)
	c.next = c.page[len(c.page)-1].Seq + 1
	if c.next <= c.last {
		if err := c.ask(); err != nil && !conn.IsRetryable(err) {
			return err
		}
	}
	return nil
}

// checkLast returns an error if a page passes over the last message.
func (c *cursor) checkLast(page []*wire.Message) error {
	for i, m := range page {
		if m.Seq > c.last && (i == 0 && c.next <= c.last || i > 0 && page[i-1].Seq < c.last) {
			return &wire.ReadError{Description: fmt.Sprintf("message %d on %.64q was left out", c.last, c.subject)}
		}
	}
	return nil
}

// pop returns the first message of the page.
func (c *cursor) pop() *wire.Message {
	m := c.page[0]
	c.page, c.taken = c.page[1:], m.Seq
	return m
}
