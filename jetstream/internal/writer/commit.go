package writer

import (
	"crypto/rand"
	"strconv"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// AggregateCommit is what a commit records for one aggregate: encoded, and within
// every limit.
type AggregateCommit struct {
	Filter    string // the aggregate's subjects, as every commit to it names them
	Expected  uint64 // the aggregate's last message must be at; 0 for none
	Unchecked bool   // Expected is whatever version the aggregate is found at
	Guard     bool   // nothing is recorded for the aggregate: the only message is on a subject of guards
	Msgs      []*nats.Msg
	Bytes     int // of the messages, with all that is added when they are sent
}

// commit is sent as one, to one aggregate or several.
type commit struct {
	id    string
	parts []*AggregateCommit
	size  int // events
	limit int // most commits of a batch that it may be in, after a batch was refused; 0 for any number
}

// newCommit gives parts the id, the commit headers and the expectations of one
// commit. It may be called again for parts whose commit is known to have failed.
func newCommit(parts []*AggregateCommit) *commit {
	c := &commit{id: rand.Text(), parts: parts}
	for _, p := range parts {
		c.size += len(p.Msgs)
	}
	offset := 0
	for _, p := range parts {
		for i, m := range p.Msgs {
			m.Header[wire.HeaderCommit] = []string{wire.CommitHeader{
				CommitInfo: core.CommitInfo{ID: c.id, Index: i, Count: len(p.Msgs), Offset: offset},
				Total:      c.size,
				Previous:   p.Expected,
			}.String()}
		}
		// A replicated stream guards the aggregate until the last message that names
		// it is applied, and checks the expectation of the first.
		p.expect(p.Msgs[0])
		if len(p.Msgs) > 1 {
			p.expect(p.Msgs[len(p.Msgs)-1])
		}
		offset += len(p.Msgs)
	}
	return c
}

// expect puts the part's expectation on one of its messages.
func (p *AggregateCommit) expect(m *nats.Msg) {
	m.Header[wire.HeaderExpected] = []string{strconv.FormatUint(p.Expected, 10)}
	m.Header[wire.HeaderExpectedSubject] = []string{p.Filter}
}

// bytes is about what the commit takes in a batch.
func (c *commit) bytes() (n int) {
	for _, p := range c.parts {
		n += p.Bytes
	}
	return n
}

// messages returns the messages of all parts in order.
func (c *commit) messages() []*nats.Msg {
	msgs := make([]*nats.Msg, 0, c.size)
	for _, p := range c.parts {
		msgs = append(msgs, p.Msgs...)
	}
	return msgs
}

// positions returns the position of each part's last event when the commit's last
// message is at seq. A guard leaves its aggregate where it is.
func (c *commit) positions(seq uint64) []uint64 {
	positions := make([]uint64, len(c.parts))
	at := seq - uint64(c.size)
	for i, p := range c.parts {
		at += uint64(len(p.Msgs))
		if positions[i] = at; p.Guard {
			positions[i] = p.Expected
		}
	}
	return positions
}
