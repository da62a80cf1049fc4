// Package reader reads the messages of a stream: one aggregate in two round trips,
// page by page; or the log, from a position up to its head or live, through
// consumers.
package reader

import (
	"context"
	"errors"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// Reader reads messages. It is safe for concurrent use.
type Reader struct {
	conn        *conn.Conn
	checkStream func(context.Context) error
	consumers   *consumers
	own         chan struct{} // a place for each loop with a consumer of its own that follows the log
	tails       tails
	fastest     shortest // answer about the last messages of an aggregate
}

// New returns a Reader, which must be closed. CheckStream returns [ErrOtherStream] if
// the stream is not the one that the store was opened with. As many loads as maxLoops
// says, and as many subscriptions, have consumers at once; the others wait.
func New(c *conn.Conn, maxLoops int, checkStream func(context.Context) error) *Reader {
	return &Reader{conn: c, checkStream: checkStream, consumers: newConsumers(c, maxLoops), own: make(chan struct{}, maxOwn)}
}

// Close returns when nothing of the reader is under way. The connection must be closed
// before, which ends its loops.
func (r *Reader) Close() {
	r.consumers.close()
	r.tails.running.Wait()
}

// ErrOtherStream says that the stream was deleted and made again.
var ErrOtherStream = core.Final(errors.New("stream is not the one that was opened"))

// yieldMessage is the body of a loop over messages.
type yieldMessage = func(*wire.Message, error) bool

// reason returns why a read ended: that its context or the store did, or else err.
func (r *Reader) reason(ctx context.Context, err error) error {
	if ended := r.conn.Usable(ctx); ended != nil {
		return ended
	}
	return err
}
