//go:build unix

package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
)

// Messages reads what the server holds of a stream. Any server with a replica may
// answer, so all routes must be cut meanwhile: an answer then comes from this one. It
// asks until ctx ends; the server may not answer right after its routes were cut.
func (n *Node) Messages(ctx context.Context, stream string) (messages []*nats.Msg, err error) {
	nc, err := nats.Connect(n.URL(), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true))
	if err != nil {
		return nil, err
	}
	defer nc.Close()
	for next := uint64(1); next > 0; {
		page, more, err := directGet(ctx, nc, stream, next)
		if err == nil {
			messages = append(messages, page...)
			next = more
			continue
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(100 * time.Millisecond):
		}
	}
	return messages, nil
}

// directGet reads messages from a sequence on, up to 1000 or 1 MiB. It returns the
// sequence to continue from, 0 at the end of the stream.
func directGet(ctx context.Context, nc *nats.Conn, stream string, from uint64) (page []*nats.Msg, next uint64, err error) {
	inbox := nc.NewInbox()
	sub, err := nc.SubscribeSync(inbox)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = sub.Unsubscribe() }()
	request, err := json.Marshal(map[string]uint64{"seq": from, "batch": 1000, "max_bytes": 1 << 20})
	if err != nil {
		return nil, 0, err
	}
	if err := nc.PublishRequest("$JS.API.DIRECT.GET."+stream, inbox, request); err != nil {
		return nil, 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		m, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return nil, 0, err
		}
		switch status := m.Header.Get("Status"); {
		case status == "204" && len(page) > 0 && m.Header.Get("Nats-Num-Pending") != "0":
			last, err := strconv.ParseUint(page[len(page)-1].Header.Get("Nats-Sequence"), 10, 64)
			return page, last + 1, err
		case status == "204" || status == "404":
			return page, 0, nil
		case status != "":
			return nil, 0, fmt.Errorf("direct get from %d: %s %s", from, status, m.Header.Get("Description"))
		}
		page = append(page, m)
	}
}
