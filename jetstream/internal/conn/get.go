package conn

import (
	"context"
	"errors"
	"time"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// Message asks the stream's leader for one message; nil if there is none. It
// asks again while there is no leader.
func (c *Conn) Message(ctx context.Context, req wire.GetRequest) (*wire.Message, error) {
	ctx, cancel := c.WithTimeout(ctx)
	defer cancel()
	pause := Backoff{Max: maxReadPause}
	for attempt := 0; ; attempt++ {
		m, err := c.TryMessage(ctx, req, c.RequestTimeout(attempt))
		var final *wire.ReadError
		if err == nil || errors.As(err, &final) {
			return m, err
		}
		if ended := c.Usable(ctx); ended != nil {
			return nil, ended
		}
		if err := c.Pause(ctx, &pause); err != nil {
			return nil, err
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
	calls := make([]*Call, 0, len(filters))
	defer func() {
		for _, call := range calls {
			call.Close()
		}
	}()
	for _, f := range filters {
		call, err := c.CallLeader(wire.GetRequest{LastFor: f})
		if err != nil {
			return nil
		}
		calls = append(calls, call)
	}
	sequences := make([]uint64, len(filters))
	for i, call := range calls {
		m, err := call.Message(ctx, c.RequestTimeout(0))
		if err != nil {
			return nil
		}
		if m != nil {
			sequences[i] = m.Seq
		}
	}
	return sequences
}
