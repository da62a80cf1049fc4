package reader

import (
	"context"
	"errors"
	"fmt"

	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// pages reads several subjects in order of sequence. It must be opened before the
// first message is taken, and closed.
type pages struct {
	cursors []*cursor
	head    uint64 // the last sequence of interest; 0 for any
}

// readBytes is what the pages of one read may take together, in bytes, and again
// for those on their way.
const readBytes = 4 << 20

// errDense says that the subjects of a read are faster read together.
var errDense = errors.New("many messages close together")

// newCursors returns a cursor for the subject of each of some last messages.
func newCursors(c *conn.Conn, heads []*wire.Message, from uint64) []*cursor {
	cursors := make([]*cursor, len(heads))
	limit := pageLimit{messages: firstPageOf(heads)}
	for i, m := range heads {
		cursors[i] = &cursor{conn: c, subject: m.Subject, next: from, last: m.Seq, limit: limit}
	}
	return cursors
}

// open asks for the first page of each subject, all at once, and waits for them.
// It returns errDense if the subjects are faster read together.
func (p *pages) open(ctx context.Context) error {
	for _, c := range p.cursors {
		c.limit.bytes = min(maxPageBytes, max(readBytes/len(p.cursors), minPageBytes))
		if err := c.ask(); err != nil && !conn.IsRetryable(err) {
			return err
		}
	}
	if err := p.fill(ctx); err != nil {
		return err
	}
	if isDense(p.cursors) {
		return errDense
	}
	return nil
}

func (p *pages) close() {
	for _, c := range p.cursors {
		c.close()
	}
}

func (p *pages) fill(ctx context.Context) error {
	for _, c := range p.cursors {
		if err := c.fill(ctx); err != nil {
			return err
		}
	}
	return nil
}

// next returns the next message of all subjects; nil at the end.
func (p *pages) next(ctx context.Context) (*wire.Message, error) {
	if err := p.fill(ctx); err != nil {
		return nil, err
	}
	var first *cursor
	for _, c := range p.cursors {
		if len(c.page) > 0 && (first == nil || c.page[0].Seq < first.page[0].Seq) {
			first = c
		}
	}
	if first == nil || p.head > 0 && first.page[0].Seq > p.head {
		return nil, p.checkEnd()
	}
	return first.pop(), nil
}

// checkEnd returns an error if a message was not taken that is known to exist: an
// answer with a wrong sequence can make the rest look as if it were too late.
func (p *pages) checkEnd() error {
	for _, c := range p.cursors {
		if c.taken < c.last && (p.head == 0 || c.last <= p.head) {
			return &wire.ReadError{Description: fmt.Sprintf("message %d on %.64q was not answered with", c.last, c.subject)}
		}
	}
	return nil
}
