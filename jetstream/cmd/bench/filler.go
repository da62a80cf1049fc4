package main

import (
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
)

// filler publishes events as the store would record them, one commit each, without
// waiting for every ack.
type filler struct {
	js        natsjs.JetStream
	prefix    string
	published int            // number of events, and so the position of the last
	last      map[string]int // position of the last event of each aggregate
}

// publish publishes the next event of an aggregate.
func (p *filler) publish(id string, kind int) error {
	p.published++
	_, err := p.js.PublishMsgAsync(&nats.Msg{
		Subject: fmt.Sprintf("%s.document/change%d.document.%s", p.prefix, kind, id),
		Header: nats.Header{
			"Content-Type": {"application/json"},
			"Es-Commit":    {fmt.Sprintf("C%d 0 0/1 1 %d", p.published, p.last[id])},
			"Es-Metadata":  {`"` + author + `"`},
		},
		Data: payload,
	}, natsjs.WithStallWait(time.Minute))
	p.last[id] = p.published
	return err
}
