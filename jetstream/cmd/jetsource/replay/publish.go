package replay

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// Message is one that goes to a position of the target.
type Message struct {
	Position uint64
	Subject  string
	Time     string // when it was recorded, in RFC 3339
	Header   map[string][]string
	Data     []byte
}

// Publish sends the messages of a function, which calls send for each, in order and without
// a gap, and waits until all are stored. Each expects the one before it, so that it is stored
// where it belongs or not at all. After an error it waits until nothing is under way.
func (t *Target) Publish(ctx context.Context, all func(send func(Message) error) error) error {
	var open []sent
	settle := func(keep int) error {
		for len(open) > keep {
			if err := open[0].settle(ctx); err != nil {
				return err
			}
			open = open[1:]
		}
		return nil
	}
	err := all(func(m Message) error {
		ack, err := t.js.PublishMsgAsync(stored(m))
		if err != nil {
			return err
		}
		open = append(open, sent{ack, m.Position})
		return settle(window / 2)
	})
	if err == nil {
		err = settle(0)
	}
	if err != nil {
		select {
		case <-t.js.PublishAsyncComplete():
		case <-time.After(ackWait):
		}
	}
	return err
}

// sent is a message that is under way to a position.
type sent struct {
	ack  natsjs.PubAckFuture
	want uint64
}

// settle waits until a message is stored.
func (s sent) settle(ctx context.Context) error {
	select {
	case ok := <-s.ack.Ok():
		if ok.Sequence != s.want {
			return fmt.Errorf("a message was stored at position %d instead of %d", ok.Sequence, s.want)
		}
		return nil
	case err := <-s.ack.Err():
		return fmt.Errorf("position %d: %w", s.want, err)
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(ackWait):
		return fmt.Errorf("position %d: no ack in %v", s.want, ackWait)
	}
}

// ackWait is how long the ack of a message is waited for.
const ackWait = 30 * time.Second

// stored returns a message as it is sent: without what told a server how to store it the
// first time, and with the time of that.
func stored(m Message) *nats.Msg {
	h := nats.Header{}
	for name, values := range m.Header {
		if !strings.HasPrefix(name, "Nats-") {
			h[name] = values
		}
	}
	h[wire.HeaderExpectedEnd] = []string{strconv.FormatUint(m.Position-1, 10)}
	if len(h[wire.HeaderRecorded]) == 0 {
		h[wire.HeaderRecorded] = []string{m.Time}
	}
	return &nats.Msg{Subject: m.Subject, Header: h, Data: m.Data}
}
