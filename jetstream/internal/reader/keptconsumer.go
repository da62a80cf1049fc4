package reader

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/internal/conn"
)

// namePrefix is what the names of all consumers of this library begin with.
const namePrefix = "jetsource-"

// consumerIdle is when the server drops a consumer that nothing has read from: one
// whose process died, or that came to be after its deletion. A pull that waits, and
// each message that is delivered, keep it. A loop whose body takes longer for the
// messages of one pull reads on with a new consumer, so the time may be short.
const consumerIdle = 10 * time.Second

// consumer is one consumer of a loop.
type consumer struct {
	config  jetstream.ConsumerConfig
	whole   uint64        // messages that its server must hold, see [scan.whole]; 0 for any number
	wait    time.Duration // for the answer to its creation
	there   bool          // it was created
	created chan creation // holds the answer, or that there was none
	ended   chan struct{} // closed when the loop needs the consumer no more
}

// creation is what became of the creation of a consumer.
type creation struct {
	pending uint64 // messages that it will deliver
	err     error
}

// create creates a consumer at p, on a server that holds the whole, and waits until it is
// there, for the given time or until ctx ends. It must be ended if there is no error.
func (p *place) create(ctx context.Context, config jetstream.ConsumerConfig, whole uint64, wait time.Duration) (k *consumer, pending uint64, err error) {
	config.Name = namePrefix + rand.Text()
	k = &consumer{config: config, whole: whole, wait: wait, created: make(chan creation, 1), ended: make(chan struct{})}
	if err := p.keep(k); err != nil {
		return nil, 0, err
	}
	select {
	case c := <-k.created:
		if c.err == nil {
			return k, c.pending, nil
		}
		err = c.err
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	k.end()
	return nil, 0, err
}

// end lets the consumer be deleted, which is not waited for.
func (k *consumer) end() { close(k.ended) }

// keep creates the consumer and, when its loop or the store has ended, deletes it.
func (k *consumer) keep(c *consumers) {
	created, err := k.tryCreate(c.conn)
	k.created <- created
	switch {
	case err == nil:
		select {
		case <-k.ended:
		case <-c.conn.Life().Done():
		}
	case isRefusal(err) && !k.there:
		return
	}
	k.delete(c, k.there)
}

func (k *consumer) tryCreate(c *conn.Conn) (creation, error) {
	ctx, cancel := context.WithTimeout(c.Life(), k.wait)
	defer cancel()
	pending, err := k.createOnWhole(ctx, c)
	switch {
	case err == nil:
		return creation{pending: pending}, nil
	case c.Life().Err() != nil:
		return creation{err: core.ErrClosed}, err
	case errors.Is(err, context.DeadlineExceeded):
		return creation{err: conn.ErrNoAnswer}, err
	}
	return creation{err: err}, err
}

// isRefusal reports whether a creation failed with an answer that says so: there is no
// consumer.
func isRefusal(err error) bool {
	var answer jetstream.JetStreamError
	return errors.As(err, &answer) && answer.APIError() != nil || errors.Is(err, nats.ErrNoResponders)
}

// A deletion has a time of its own. After that the server drops the consumer, when
// consumerIdle has passed.
const (
	deleteWait    = 5 * time.Second
	deleteRequest = 2 * time.Second // the longest wait for one answer
)

// deleteBackoff is for deletions without an answer, and for consumers whose creation
// may be about to reach the server.
var deleteBackoff = core.Backoff{First: 250 * time.Millisecond, Max: 2 * time.Second}

// delete deletes the consumer. One that is not known to be there may be created yet,
// so it is looked for until the time is over.
func (k *consumer) delete(c *consumers, known bool) {
	ctx, cancel := context.WithTimeout(c.deleting, deleteWait)
	defer cancel()
	for attempt := 0; ; attempt++ {
		err := k.tryDelete(ctx, c.conn)
		switch {
		case err == nil, known && errors.Is(err, jetstream.ErrConsumerNotFound):
			return
		case errors.Is(err, jetstream.ErrStreamNotFound), errors.Is(err, nats.ErrConnectionClosed):
			return
		}
		if deleteBackoff.Wait(ctx, attempt) != nil {
			c.conn.Logger.Debug("consumer not deleted", "stream", c.conn.Stream, "consumer", k.config.Name, "error", err)
			return
		}
	}
}

func (k *consumer) tryDelete(ctx context.Context, c *conn.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, deleteRequest)
	defer cancel()
	return c.JS.DeleteConsumer(ctx, c.Stream, k.config.Name)
}
