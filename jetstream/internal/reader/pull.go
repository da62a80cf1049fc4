package reader

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// A pull is bounded in messages and in bytes, and the next is sent when half of
// the last one has come: a slow loop never has more than two of them waiting.
const (
	pullMessages  = 1000
	pullBytes     = 4 << 20
	pullExpires   = 30 * time.Second
	pullHeartbeat = 500 * time.Millisecond
	pullSilence   = 3 * pullHeartbeat // after which a consumer is given up
)

// pulls reads the messages of a consumer in order.
type pulls struct {
	sub     *conn.Subscription
	subject string
	request []byte
	left    int       // messages that were asked for and have not come
	came    time.Time // the last time that something was received
}

func (r *Reader) newPulls(consumer string) (*pulls, error) {
	sub, err := r.conn.Subscribe()
	if err != nil {
		return nil, err
	}
	// A message larger than the limit would never come.
	bytes := max(pullBytes, 2*r.conn.MaxPayload())
	return &pulls{
		sub:     sub,
		subject: r.conn.APIPrefix + "CONSUMER.MSG.NEXT." + r.conn.Stream + "." + consumer,
		request: fmt.Appendf(nil, `{"batch":%d,"max_bytes":%d,"expires":%d,"idle_heartbeat":%d}`, pullMessages, bytes, pullExpires, pullHeartbeat),
	}, nil
}

func (p *pulls) close() error { return p.sub.Close() }

// next waits for the next messages. After an error the consumer is of no more use.
func (p *pulls) next(ctx context.Context) ([]*nats.Msg, error) {
	for {
		// The next messages come while the last ones are used.
		if p.left < pullMessages/2 {
			p.left += pullMessages
			if err := p.sub.Request(p.subject, p.request); err != nil {
				return nil, err
			}
		}
		msgs, err := p.sub.Receive(ctx, pullSilence)
		if err != nil {
			return nil, err
		}
		p.came = time.Now()
		if msgs, err = p.messagesOf(msgs); len(msgs) > 0 || err != nil {
			return msgs, err
		}
	}
}

// outlived reports whether the server may have dropped the consumer, because the loop
// took long for what came, and no pull waits.
func (p *pulls) outlived() bool { return p.left <= 0 && time.Since(p.came) > consumerIdle }

// messagesOf returns the messages of the stream among what came, and counts those
// that will not come any more.
func (p *pulls) messagesOf(came []*nats.Msg) ([]*nats.Msg, error) {
	messages := came[:0]
	for _, m := range came {
		if m.Reply != "" { // a status has no reply subject
			messages = append(messages, m)
			p.left--
			continue
		}
		switch code, description := wire.Status(m), m.Header.Get(wire.HeaderDescription); {
		case code == 100: // heartbeat
		case code == 404, code == 408, code == 409 && description == "Message Size Exceeds MaxBytes", code == 409 && description == "Batch Completed":
			n, _ := strconv.Atoi(m.Header.Get(wire.HeaderPendingMessages))
			p.left -= n
		case code == 503:
			return nil, wire.ErrNoResponder
		default:
			return nil, &wire.ReadError{Status: code, Description: description}
		}
	}
	return messages, nil
}
