package conn

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// Call is a request for messages that was sent. It must be closed.
type Call struct {
	conn    *Conn
	request wire.GetRequest
	answers *answers
}

// CallLeader sends a request for one message, which the stream's leader answers.
func (c *Conn) CallLeader(req wire.GetRequest) (*Call, error) {
	return c.call("STREAM.MSG.GET.", req)
}

// CallAny sends a request for a page, which any replica of the stream answers: it
// may lag behind the leader.
func (c *Conn) CallAny(req wire.GetRequest) (*Call, error) {
	return c.call("DIRECT.GET.", req)
}

func (c *Conn) call(api string, req wire.GetRequest) (*Call, error) {
	body, err := json.Marshal(req)
	if err != nil {
		return nil, err
	}
	a := c.inbox.open()
	if err := c.nc.PublishRequest(c.APIPrefix+api+c.Stream, a.reply(), body); err != nil {
		a.close()
		return nil, err
	}
	return &Call{c, req, a}, nil
}

// Close forgets the call: answers that come later are dropped.
func (call *Call) Close() { call.answers.close() }

// Message waits for the leader's answer; nil if it has no such message.
func (call *Call) Message(ctx context.Context, wait time.Duration) (*wire.Message, error) {
	msgs, err := call.answers.take(ctx, wait)
	if err != nil {
		return nil, err
	}
	m, err := wire.LeaderMessage(msgs[0])
	if m == nil {
		return nil, err
	}
	if err := call.request.Check(m); err != nil {
		return nil, err
	}
	return m, nil
}

// Page waits for the whole answer to a batched read. The error is
// [wire.ErrNoResults] if no message matches.
func (call *Call) Page(ctx context.Context) (*wire.Page, error) {
	p := wire.NewPage(call.conn.Stream, call.request)
	for {
		msgs, err := call.answers.take(ctx, call.conn.AckWait)
		if err != nil {
			return nil, err
		}
		for _, m := range msgs {
			if done, err := p.Add(m); done || err != nil {
				return p, err
			}
		}
	}
}

// HeadBytes bounds an answer about the last message of each subject.
const HeadBytes = 8 << 20

// AskPage sends a request for a page, and waits for the whole answer of any replica.
func (c *Conn) AskPage(ctx context.Context, request wire.GetRequest) (*wire.Page, error) {
	call, err := c.CallAny(request)
	if err != nil {
		return nil, err
	}
	defer call.Close()
	return call.Page(ctx)
}
