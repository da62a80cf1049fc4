// Package conn sends requests to the stream of a store and waits for the answers:
// reads of single messages and of pages, and publishes. It knows when a request is
// worth another attempt.
package conn

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// Config says how requests are sent.
type Config struct {
	Stream    string
	APIPrefix string        // that the subjects of JetStream's requests begin with
	AckWait   time.Duration // longest wait for one answer
	Timeout   time.Duration // of a call whose context has no deadline
	Logger    *slog.Logger
	Lost      map[uint64]bool // positions that are known to hold no message

	// OtherAck is told which other stream of the account acked a commit too. It must
	// not block. Nil is told nothing.
	OtherAck func(*wire.OtherAckError)
}

// Conn is a store's use of a connection. It is safe for concurrent use.
type Conn struct {
	Config

	JS         jetstream.JetStream
	Replicated atomic.Bool // answers to reads may lag behind what was acked

	nc    *nats.Conn
	inbox *inbox
	seen  seen
	publishing
}

// publishing is what is known of the answers to commits.
type publishing struct {
	breaks  atomic.Uint64 // publishes that were not answered
	acks    atomic.Pointer[wire.AckReader]
	domains atomic.Bool   // streams of other domains may answer commits
	batches chan struct{} // one place for each open batch
}

// maxOpenBatches leaves other stores on the stream some of the server's 50.
const maxOpenBatches = 32

// New returns a Conn, which must be closed. The connection stays the caller's.
func New(nc *nats.Conn, js jetstream.JetStream, cfg Config) (*Conn, error) {
	c := &Conn{Config: cfg, JS: js, nc: nc}
	c.batches = make(chan struct{}, maxOpenBatches)
	c.SetDomain("")
	var err error
	if c.inbox, err = newInbox(nc, c.lateAnswer); err != nil {
		return nil, err
	}
	return c, nil
}

// SetDomain says which domain the stream is in: only acks from there count. Empty is
// the one without a name. Where domains have names, there may be others.
func (c *Conn) SetDomain(domain string) {
	if acks := c.acks.Load(); acks == nil || acks.Domain() != domain {
		c.acks.Store(wire.NewAckReader(c.Stream, domain))
	}
	if domain != "" {
		c.domains.Store(true)
	}
}

// Domain is the domain of the stream; empty for the one without a name.
func (c *Conn) Domain() string { return c.acks.Load().Domain() }

// Attributed reports whether an error that answers a commit is known to come from the
// store's own stream. It names no domain, and a stream in another one mostly has the
// same name.
func (c *Conn) Attributed() bool { return !c.domains.Load() }

// SuspectDenials reports whether an answer that denies a commit may come from another
// server than the leader, which may have written it: a leader that was deposed, or a
// server of another domain.
func (c *Conn) SuspectDenials() bool { return c.Replicated.Load() || !c.Attributed() }

// Close ends every wait: calls under way return [core.ErrClosed].
func (c *Conn) Close() error { return c.inbox.close() }

// Life is a context that ends with Close.
func (c *Conn) Life() context.Context { return c.inbox.life }

// Requests returns how many requests have been sent: where it has grown, the store
// is in use.
func (c *Conn) Requests() uint64 { return c.inbox.requests() }

// MaxPayload is the size of the largest message that the server takes, in bytes.
func (c *Conn) MaxPayload() int { return int(c.nc.MaxPayload()) }

// Usable returns why no request can be sent at all: the context has ended, or
// the store or its connection is closed.
func (c *Conn) Usable(ctx context.Context) error {
	if c.inbox.life.Err() != nil {
		return core.ErrClosed
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if c.nc.IsClosed() {
		return errConnectionClosed
	}
	if lost := c.seen.lost.Load(); lost != nil {
		return lost
	}
	return nil
}

// errConnectionClosed ends what waits for the connection, which does not come back.
var errConnectionClosed = core.Final(nats.ErrConnectionClosed)
