package conn

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// Publish sends the only message of a commit, once.
func (c *Conn) Publish(ctx context.Context, m *nats.Msg) wire.Outcome {
	a := c.inbox.open()
	defer c.closeAck(a)
	d := c.watchDenial(m)
	m.Reply = a.reply()
	// It may have been part of a batch before.
	delete(m.Header, wire.HeaderBatch)
	delete(m.Header, wire.HeaderBatchSequence)
	delete(m.Header, wire.HeaderBatchCommit)
	if err := c.nc.PublishMsg(m); err != nil {
		return notSent(err)
	}
	return c.awaitAck(ctx, a, d, "", 1)
}

// PublishBatch sends the messages of a commit, two or more, as one atomic batch,
// once. Nothing of a batch is stored before its last message has arrived. The id
// of the commit becomes part of the batch's, which is another one for each call.
func (c *Conn) PublishBatch(ctx context.Context, id string, msgs []*nats.Msg) wire.Outcome {
	select {
	case c.batches <- struct{}{}:
		defer func() { <-c.batches }()
	case <-ctx.Done():
		return wire.Outcome{Result: wire.NotWritten}
	case <-c.inbox.life.Done():
		return wire.Outcome{Result: wire.NotWritten}
	}
	ack, cause := c.inbox.open(), c.inbox.open()
	defer c.closeAck(ack)
	defer cause.close()
	batch := ack.token + "." + id
	d := c.watchDenial(msgs...)
	prepareBatch(msgs, batch, cause.reply(), ack.reply())
	for i, m := range msgs {
		if err := c.nc.PublishMsg(m); err != nil {
			if i < len(msgs)-1 {
				return wire.Outcome{Result: wire.NotWritten}
			}
			return notSent(err)
		}
	}
	out := c.awaitAck(ctx, ack, d, batch, len(msgs))
	if out.Result == wire.NotWritten || out.Result == wire.Denied {
		return c.explain(out, d, cause)
	}
	return out
}

// prepareBatch puts the headers of a batch on its messages. The first and the last
// message have a reply subject: why the server did not begin the batch would
// otherwise be lost.
func prepareBatch(msgs []*nats.Msg, batch, causeReply, ackReply string) {
	for i, m := range msgs {
		m.Reply = ""
		delete(m.Header, wire.HeaderBatchCommit) // of another batch, which it ended
		m.Header[wire.HeaderBatch] = []string{batch}
		m.Header[wire.HeaderBatchSequence] = []string{strconv.Itoa(i + 1)}
	}
	msgs[0].Reply = causeReply
	last := msgs[len(msgs)-1]
	last.Reply = ackReply
	last.Header[wire.HeaderBatchCommit] = []string{"1"}
}

// explain returns the outcome of a batch of which a message is missing: rejected if
// a message was denied, or the first one was rejected.
func (c *Conn) explain(out wire.Outcome, d *denial, cause *answers) wire.Outcome {
	if err := d.err(); err != nil {
		return wire.Outcome{Result: wire.Rejected, Err: err}
	}
	for _, m := range cause.rest() { // one of each stream that has the subject
		if why := c.acks.Load().Read(m, "", 0); why.Result == wire.Rejected {
			return why
		}
	}
	return out
}

// notSent is the outcome of a publish that the client did not take.
func notSent(err error) wire.Outcome {
	for _, retryable := range []error{nats.ErrReconnectBufExceeded, nats.ErrConnectionClosed, nats.ErrConnectionDraining, nats.ErrInvalidConnection} {
		if errors.Is(err, retryable) {
			return wire.Outcome{Result: wire.NotWritten}
		}
	}
	for _, final := range []error{nats.ErrMaxPayload, nats.ErrBadSubject, nats.ErrHeadersNotSupported, nats.ErrBadHeaderMsg} {
		if errors.Is(err, final) {
			return wire.Outcome{Result: wire.Rejected, Err: err}
		}
	}
	return wire.Outcome{Result: wire.Ambiguous}
}

// awaitAck waits for the answer of the store's own stream to a commit of n events.
// Streams in other domains may answer before it.
func (c *Conn) awaitAck(ctx context.Context, a *answers, d *denial, batch string, n int) wire.Outcome {
	until := time.Now().Add(c.AckWait)
	msgs, err := a.take(ctx, min(c.AckWait, denialWait))
	if errors.Is(err, ErrNoAnswer) {
		if err := d.err(); err != nil {
			return wire.Outcome{Result: wire.Ambiguous, Err: err}
		}
		msgs, err = a.take(ctx, time.Until(until))
	}
	for err == nil {
		for i, m := range msgs {
			out := c.acks.Load().Read(m, batch, n)
			if out.Result == wire.OtherStream {
				if other, ok := errors.AsType[*wire.OtherAckError](out.Err); ok {
					c.reportOther(other)
				}
				continue
			}
			for _, m := range msgs[i+1:] {
				c.lateAnswer(m)
			}
			return c.judge(out, m)
		}
		msgs, err = a.take(ctx, time.Until(until))
	}
	c.breaks.Add(1)
	return wire.Outcome{Result: wire.Ambiguous}
}

// judge returns the outcome that the answer m means. What an answer says of an attempt
// that was not written may be wrong where denials are suspect.
func (c *Conn) judge(out wire.Outcome, m *nats.Msg) wire.Outcome {
	if wire.Status(m) == 503 {
		c.breaks.Add(1)
		return out
	}
	if out.Result == wire.NotWritten && c.SuspectDenials() {
		out.Result = wire.Denied
	}
	return out
}

// closeAck closes the answers to a commit. One of another stream may have come after
// the one that counted.
func (c *Conn) closeAck(a *answers) {
	a.close()
	for _, m := range a.rest() {
		c.lateAnswer(m)
	}
}

// lateAnswer looks at an answer that no call waits for: it may be the ack of another
// stream, which comes after the store's own.
func (c *Conn) lateAnswer(m *nats.Msg) {
	if other := c.acks.Load().Other(m); other != nil {
		c.reportOther(other)
	}
}

// reportOther reports the ack of another stream.
func (c *Conn) reportOther(other *wire.OtherAckError) {
	c.domains.Store(true)
	if c.OtherAck != nil {
		c.OtherAck(other)
	}
}
