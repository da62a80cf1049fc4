package conn

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// Message asks the stream's leader for one message; nil if there is none. It
// asks again while there is no leader.
func (c *Conn) Message(ctx context.Context, req wire.GetRequest) (m *wire.Message, err error) {
	err = c.persist(ctx, func(ctx context.Context, wait time.Duration) (err error) {
		m, err = c.TryMessage(ctx, req, wait)
		return err
	})
	return m, err
}

// persist asks until there is an answer, or a final error: a [wire.ReadError], or that
// the stream is gone.
func (c *Conn) persist(ctx context.Context, ask func(ctx context.Context, wait time.Duration) error) error {
	ctx, cancel := c.WithTimeout(ctx)
	defer cancel()
	pause := Backoff{Max: maxReadPause}
	for attempt := 0; ; attempt++ {
		err := ask(ctx, c.RequestTimeout(attempt))
		var final *wire.ReadError
		if err == nil || errors.As(err, &final) {
			return err
		}
		// A server of a cluster may not know yet of a stream that was just made.
		if attempt > MaxRetries && errors.Is(err, jetstream.ErrStreamNotFound) {
			return err
		}
		if ended := c.Usable(ctx); ended != nil {
			return ended
		}
		if err := c.Pause(ctx, &pause); err != nil {
			return err
		}
	}
}

// TryMessage is one attempt of [Conn.Message]. Any error but a [wire.ReadError] is
// retryable.
func (c *Conn) TryMessage(ctx context.Context, req wire.GetRequest, wait time.Duration) (*wire.Message, error) {
	call, err := c.CallLeader(req)
	if err != nil {
		return nil, err
	}
	defer call.Close()
	return call.Message(ctx, wait)
}

// LastSequence returns the sequence of the leader's last message on a filter; 0
// if there is none.
func (c *Conn) LastSequence(ctx context.Context, filter string) (uint64, error) {
	m, err := c.Message(ctx, wire.GetRequest{LastFor: filter})
	if m == nil {
		return 0, err
	}
	return m.Seq, err
}

// LastSequences returns the sequences of the leader's last messages on filters, all
// asked for at once; nil if the leader could not be asked.
func (c *Conn) LastSequences(ctx context.Context, filters []string) []uint64 {
	last, err := c.lastMessages(ctx, filters, c.RequestTimeout(0))
	if err != nil {
		return nil
	}
	sequences := make([]uint64, len(filters))
	for i, m := range last {
		if m != nil {
			sequences[i] = m.Seq
		}
	}
	return sequences
}
