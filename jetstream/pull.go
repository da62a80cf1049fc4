package jetstream

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
)

// A pull is bounded in messages and in bytes, and the next is sent when the last
// is half done: what two of them bring is all that a slow reader makes pile up.
const (
	pullMessages  = 1000
	pullBytes     = 4 << 20
	pullExpires   = 30 * time.Second
	pullHeartbeat = 500 * time.Millisecond
	pullSilence   = 3 * pullHeartbeat // after which a consumer is given up
)

// pulls reads the messages of a consumer in order. Their subjects are those of
// the stream, so they cannot come through the inbox of the store.
type pulls struct {
	*answers
	sub     *nats.Subscription
	subject string
	request []byte
	left    int // messages that were asked for and have not come
}

func (s *stream) pulls(consumer string) (*pulls, error) {
	// A message larger than the limit would never come.
	bytes := max(pullBytes, 2*s.nc.MaxPayload())
	p := &pulls{
		answers: s.inbox.apart(),
		subject: s.cfg.apiPrefix() + "CONSUMER.MSG.NEXT." + s.cfg.Stream + "." + consumer,
		request: fmt.Appendf(nil, `{"batch":%d,"max_bytes":%d,"expires":%d,"idle_heartbeat":%d}`, pullMessages, bytes, pullExpires, pullHeartbeat),
	}
	var err error
	if p.sub, err = s.nc.Subscribe(s.nc.NewInbox(), p.add); err != nil {
		return nil, err
	}
	if err := p.sub.SetPendingLimits(-1, -1); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func (p *pulls) close() error { return p.sub.Unsubscribe() }

func (p *pulls) ask() error {
	p.left += pullMessages
	return p.in.nc.PublishRequest(p.subject, p.sub.Subject, p.request)
}

// next waits for the next messages. An error means that the consumer is of no
// more use.
func (p *pulls) next(ctx context.Context) ([]*nats.Msg, error) {
	for {
		// The next messages come while the last ones are looked at.
		if p.left < pullMessages/2 {
			if err := p.ask(); err != nil {
				return nil, err
			}
		}
		msgs, err := p.take(ctx, pullSilence)
		if err != nil {
			return nil, err
		}
		if msgs, err = p.sort(msgs); len(msgs) > 0 || err != nil {
			return msgs, err
		}
	}
}

// sort keeps the messages of the stream, and takes note of what will not come
// any more.
func (p *pulls) sort(answers []*nats.Msg) ([]*nats.Msg, error) {
	messages := answers[:0]
	for _, m := range answers {
		if m.Reply != "" { // what the server says for itself has no reply subject
			messages = append(messages, m)
			p.left--
			continue
		}
		switch code, description := status(m), m.Header.Get(headerDescription); {
		case code == 100: // heartbeat
		case code == 404, code == 408, code == 409 && description == "Message Size Exceeds MaxBytes", code == 409 && description == "Batch Completed":
			n, _ := strconv.Atoi(m.Header.Get(headerPendingMessages))
			p.left -= n
		case code == 503:
			return nil, errNoResponder
		default:
			return nil, &ReadError{Status: code, Description: description}
		}
	}
	return messages, nil
}
