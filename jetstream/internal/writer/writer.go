// Package writer appends commits to a stream: it sends them, alone or as a group
// commit, until their outcome is known.
package writer

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// Writer appends commits. It is safe for concurrent use.
type Writer struct {
	conn     *conn.Conn
	writable func(context.Context) error
	batcher  *batcher
	looking  chan struct{}             // one place for the goroutine that looks at the end of the log
	whole    atomic.Uint64             // the log is known to be whole up to here; 0 before the first look
	looked   atomic.Pointer[conn.Link] // over which the end was last looked at; nil before the first look
	remote   atomic.Bool               // an unreplicated stream is on another server than the client's
	answered atomic.Value              // time.Time of the last look, or of the last ack if remote
}

// New returns a Writer, which must be closed. Writable returns why no commit can
// be sent at the moment; nil if one can.
func New(c *conn.Conn, setting GroupCommit, writable func(context.Context) error) *Writer {
	w := &Writer{conn: c, writable: writable, looking: make(chan struct{}, 1)}
	w.batcher = newBatcher(setting, transport{
		attempt:    w.attempt,
		versions:   w.versions,
		replicated: c.SuspectDenials,
		life:       c.Life(),
	})
	return w
}

// SetStorage says how the stream is stored: whether it is replicated; whether the server
// stages each batch on disk, one after the other; and whether an unreplicated one may be
// on another server than the one that the client is connected to, which can start anew
// without a break of the connection.
func (w *Writer) SetStorage(replicated, staged, remote bool) {
	w.batcher.adopt(replicated, staged)
	w.remote.Store(remote && !replicated)
}

// Close waits for the end of what is in flight, once the Conn is closed.
func (w *Writer) Close() { w.batcher.close() }

// outcome is what the writer of a commit learns from one attempt.
type outcome struct {
	wire.Outcome

	sent, answered time.Time // of the attempt
	suspect        bool      // a batch with the commit was denied, maybe by a deposed leader: another may have written it
}

// attempt sends the commit once: one event as a publish, several as an atomic
// batch.
func (w *Writer) attempt(ctx context.Context, c *commit) outcome {
	out := outcome{sent: time.Now()}
	if c.size == 1 {
		out.Outcome = w.conn.Publish(ctx, c.parts[0].Msgs[0])
	} else {
		out.Outcome = w.conn.PublishBatch(ctx, c.id, c.messages())
	}
	out.answered = time.Now()
	for _, p := range c.parts {
		if out.Result == wire.Acked && out.Seq-uint64(c.size) < p.Expected {
			out.Outcome = wire.Outcome{Result: wire.Ambiguous} // it cannot be there
		}
	}
	if out.Result == wire.Acked {
		if w.remote.Load() {
			w.answered.Store(out.answered)
		}
		if w.hasLooked(w.conn.Link()) {
			w.isWhole(out.Seq) // the server is the one whose log was looked at
		}
		last := c.parts[len(c.parts)-1].Msgs
		id, _, _ := strings.Cut(last[len(last)-1].Header.Get(wire.HeaderCommit), " ")
		w.conn.Saw(out.Seq, id)
	}
	return out
}

// versions returns the versions that the aggregates of parts are at, as the
// leader has them; nil if it could not be asked.
func (w *Writer) versions(ctx context.Context, parts []*AggregateCommit) []uint64 {
	filters := make([]string, len(parts))
	for i, p := range parts {
		filters[i] = p.Filter
	}
	return w.conn.LastSequences(ctx, filters)
}
