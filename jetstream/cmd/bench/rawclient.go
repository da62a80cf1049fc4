package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
)

// rawClient does what the library does with nats.go alone: it publishes the same
// messages, with the same headers and expectations, to a stream of the same
// configuration. It encodes no event.
type rawClient struct {
	nc     *nats.Conn
	js     natsjs.JetStream
	stream string
	prefix string
}

// newRawClient returns a raw client with a stream of its own, connected to its
// leader.
func (d *deployment) newRawClient(ctx context.Context) (*rawClient, error) {
	cfg := d.newConfig()
	js, err := natsjs.New(d.conns[0])
	if err != nil {
		return nil, err
	}
	_, err = js.CreateStream(ctx, natsjs.StreamConfig{
		Name: cfg.Stream, Subjects: []string{cfg.Prefix + ".*.*.*"}, Replicas: d.replicas,
		AllowDirect: true, AllowAtomicPublish: true, DenyDelete: true, DenyPurge: true, Discard: natsjs.DiscardNew,
	})
	if err != nil {
		return nil, err
	}
	leader, err := d.leader(ctx, cfg.Stream)
	if err != nil {
		return nil, err
	}
	js, err = natsjs.New(leader)
	return &rawClient{nc: leader, js: js, stream: cfg.Stream, prefix: cfg.Prefix}, err
}

// newStoreAndRawClient returns both, each with a stream of its own.
func (d *deployment) newStoreAndRawClient(ctx context.Context) (*store, *rawClient, error) {
	s, err := d.newStore(ctx)
	if err != nil {
		return nil, nil, err
	}
	r, err := d.newRawClient(ctx)
	return s, r, err
}

// filter matches all events of an aggregate.
func (r *rawClient) filter(id string) string { return r.prefix + ".*.document." + id }

// message returns event i of a commit of count events to a new aggregate. As in a
// commit of the library, the first and the last carry the expectation.
func (r *rawClient) message(id string, i, count int) *nats.Msg {
	m := &nats.Msg{
		Subject: r.prefix + ".document/changed.document." + id,
		Header: nats.Header{
			"Content-Type": {"application/json"},
			"Es-Commit":    {fmt.Sprintf("ABCDEFGHIJKLMNOPQRSTUVWXYZ 0 %d/%d %d 0", i, count, count)},
			"Es-Metadata":  {`"` + author + `"`},
		},
		Data: payload,
	}
	if i == 0 || i == count-1 {
		m.Header[natsjs.ExpectedLastSubjSeqHeader] = []string{"0"}
		m.Header[natsjs.ExpectedLastSubjSeqSubjHeader] = []string{r.filter(id)}
	}
	return m
}

// publish commits one event to a new aggregate.
func (r *rawClient) publish(ctx context.Context, id string) error {
	_, err := r.publishAfter(ctx, id, 0)
	return err
}

// publishAfter commits one event to an aggregate with its last event at a
// sequence, and returns the sequence of the new one.
func (r *rawClient) publishAfter(ctx context.Context, id string, last uint64) (uint64, error) {
	m := r.message(id, 0, 1)
	m.Header[natsjs.ExpectedLastSubjSeqHeader] = []string{strconv.FormatUint(last, 10)}
	ack, err := r.js.PublishMsg(ctx, m, natsjs.WithRetryAttempts(1))
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}

// last returns the sequence of the last event of an aggregate, 0 if it has none.
func (r *rawClient) last(ctx context.Context, stream natsjs.Stream, id string) (uint64, error) {
	m, err := stream.GetLastMsgForSubject(ctx, r.filter(id))
	if errors.Is(err, natsjs.ErrMsgNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return m.Sequence, nil
}

// increment commits one event to an aggregate that other writers commit to. It
// reads the last sequence again after a conflict.
func (r *rawClient) increment(ctx context.Context, stream natsjs.Stream, id string) error {
	for {
		last, err := r.last(ctx, stream, id)
		if err != nil {
			return err
		}
		_, err = r.publishAfter(ctx, id, last)
		var api *natsjs.APIError
		if !errors.As(err, &api) || api.ErrorCode != natsjs.JSErrCodeStreamWrongLastSequence {
			return err
		}
	}
}
