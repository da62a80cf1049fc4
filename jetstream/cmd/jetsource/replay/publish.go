package replay

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
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

// The most that is sent in one batch, all or nothing. A server takes 1,000 messages.
const (
	batchMessages = 500
	batchBytes    = 4 << 20
)

// Publish sends the messages of a function, which calls send for each, in order and without
// a gap. They are stored in batches, each where it belongs or not at all.
func (t *Target) Publish(ctx context.Context, all func(send func(Message) error) error) error {
	var batch []Message
	bytes := 0
	err := all(func(m Message) error {
		if size := len(m.Data) + len(m.Subject) + wire.HeaderSize(m.Header); len(batch) == batchMessages || bytes+size > batchBytes && len(batch) > 0 {
			if err := t.publish(ctx, batch); err != nil {
				return err
			}
			batch, bytes = batch[:0], size
		} else {
			bytes += size
		}
		batch = append(batch, m)
		return nil
	})
	if err != nil || len(batch) == 0 {
		return err
	}
	return t.publish(ctx, batch)
}

// publish stores messages in one batch. One of which the server has stored nothing, and may
// take it next time, is sent again.
func (t *Target) publish(ctx context.Context, batch []Message) error {
	ctx, cancel := context.WithTimeout(ctx, ackWait)
	defer cancel()
	for {
		err := t.tryPublish(ctx, batch)
		refused, is := errors.AsType[*natsjs.APIError](err)
		if !is || refused.ErrorCode != wire.CodeBatchIncomplete && refused.ErrorCode != wire.CodeBatchesFull {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// tryPublish is one attempt of publish. The first message expects the position before its
// own.
func (t *Target) tryPublish(ctx context.Context, batch []Message) error {
	id := rand.Text()
	for i, m := range batch {
		msg := stored(m)
		msg.Header[wire.HeaderBatch], msg.Header[wire.HeaderBatchSequence] = []string{id}, []string{strconv.Itoa(i + 1)}
		if i == 0 {
			msg.Header[wire.HeaderExpectedEnd] = []string{strconv.FormatUint(m.Position-1, 10)}
		}
		if i == len(batch)-1 {
			msg.Header[wire.HeaderBatchCommit] = []string{"1"}
		}
		var err error
		if i == 0 || i == len(batch)-1 {
			err = t.request(ctx, msg, m.Position, i == len(batch)-1)
		} else {
			err = t.js.Conn().PublishMsg(msg)
		}
		if err != nil {
			return fmt.Errorf("positions %d to %d: %w", batch[0].Position, batch[len(batch)-1].Position, err)
		}
	}
	return nil
}

// request sends the first message of a batch, or the last one, whose ack must name its
// position.
func (t *Target) request(ctx context.Context, m *nats.Msg, want uint64, last bool) error {
	answer, err := t.js.Conn().RequestMsgWithContext(ctx, m)
	if err != nil {
		return err
	}
	var ack struct {
		Error    *natsjs.APIError `json:"error"`
		Sequence uint64           `json:"seq"`
	}
	if len(answer.Data) > 0 {
		if err := json.Unmarshal(answer.Data, &ack); err != nil {
			return err
		}
	}
	switch {
	case ack.Error != nil:
		return ack.Error
	case last && ack.Sequence != want:
		return errors.New("they were not stored there")
	}
	return nil
}

// ackWait is how long the ack of a batch is waited for.
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
	if len(h[wire.HeaderRecorded]) == 0 {
		h[wire.HeaderRecorded] = []string{m.Time}
	}
	return &nats.Msg{Subject: m.Subject, Header: h, Data: m.Data}
}
