package jetstream

import "context"

// cursor reads one literal subject, page by page.
type cursor struct {
	subject string
	next    uint64 // the sequence to ask from
	last    uint64 // the last message, known to exist
	bytes   int    // of a page
	page    []*message
	coming  *answers // to the request for the next page; nil if there is none
}

// budget is what the pages of one read may take together, in bytes, and again
// for those on their way.
const budget = 4 << 20

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
	for !*stopped {
		var first *cursor
		for _, c := range cursors {
			if err := s.fill(ctx, c); err != nil {
				return err
			}
			if len(c.page) > 0 && (first == nil || c.page[0].seq < first.page[0].seq) {
				first = c
			}
		}
		if first == nil || upTo > 0 && first.page[0].seq > upTo {
			return nil
		}
		m := first.page[0]
		first.page = first.page[1:]
		if err := take(m); err != nil {
			return err
		}
	}
	return nil
}

// ask sends the request for the cursor's next page.
func (s *stream) ask(c *cursor) error {
	a, err := s.send(s.directGet, getRequest{NextFor: c.subject, Seq: c.next, Batch: pageMessages, MaxBytes: c.bytes})
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
	c.page = b.messages
	c.next = c.page[len(c.page)-1].seq + 1
	if c.next <= c.last {
		if err := s.ask(c); err != nil && !passes(err) {
			return err
		}
	}
	return nil
}
