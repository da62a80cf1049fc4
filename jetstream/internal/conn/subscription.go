package conn

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"
)

// Subscription receives messages on an inbox of its own: those that a consumer
// delivers carry the subjects of the stream, so they cannot come through the inbox
// of the store.
type Subscription struct {
	answers *answers
	sub     *nats.Subscription
}

// Subscribe returns a new Subscription, which must be closed.
func (c *Conn) Subscribe() (*Subscription, error) {
	a := c.inbox.newAnswers()
	sub, err := subscribe(c.nc, c.nc.NewInbox(), a.add)
	if err != nil {
		return nil, err
	}
	return &Subscription{a, sub}, nil
}

// Close ends the subscription.
func (s *Subscription) Close() error { return s.sub.Unsubscribe() }

// Request sends a request that is answered to the subscription.
func (s *Subscription) Request(subject string, body []byte) error {
	return s.answers.in.nc.PublishRequest(subject, s.sub.Subject, body)
}

// Receive returns what has come, waiting until there is something: [ErrNoAnswer]
// after wait.
func (s *Subscription) Receive(ctx context.Context, wait time.Duration) ([]*nats.Msg, error) {
	return s.answers.take(ctx, wait)
}
