package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// rival is what one writes without the library: the same messages, with the same
// headers and expectations, on a stream of the same kind.
type rival struct {
	nc     *nats.Conn
	js     jetstream.JetStream
	stream string
	prefix string
}

func (w *world) rival(ctx context.Context) (*rival, error) {
	cfg := w.config()
	if err := w.ready(); err != nil {
		return nil, err
	}
	js, err := jetstream.New(w.nc)
	if err != nil {
		return nil, err
	}
	_, err = js.CreateStream(ctx, jetstream.StreamConfig{
		Name: cfg.Stream, Subjects: []string{cfg.Prefix + ".*.*.*"}, Replicas: w.replicas,
		AllowDirect: true, AllowAtomicPublish: true, DenyDelete: true, DenyPurge: true, Discard: jetstream.DiscardNew,
	})
	if err == nil {
		err = w.lead(ctx, cfg.Stream)
	}
	return &rival{w.nc, js, cfg.Stream, cfg.Prefix}, err
}

// both are a store and its rival.
func (w *world) both(ctx context.Context) (*store, *rival, error) {
	s, _, err := w.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	r, err := w.rival(ctx)
	return s, r, err
}

// lead makes the server that the client is connected to the leader of a
// replicated stream: else one side would have a longer way than the other.
func (w *world) lead(ctx context.Context, stream string) error {
	js, err := jetstream.New(w.nc)
	if err != nil || w.replicas == 1 {
		return err
	}
	request := fmt.Appendf(nil, `{"placement":{"preferred":%q}}`, w.nc.ConnectedServerName())
	for {
		s, err := js.Stream(ctx, stream)
		if err == nil && s.CachedInfo().Cluster != nil && s.CachedInfo().Cluster.Leader == w.nc.ConnectedServerName() {
			return nil
		}
		if err == nil {
			_, err = w.nc.Request("$JS.API.STREAM.LEADER.STEPDOWN."+stream, request, 2*time.Second)
		}
		if ctx.Err() != nil {
			return errors.Join(ctx.Err(), err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// message is an event of a new aggregate.
func (r *rival) message(id string, i, count int) *nats.Msg {
	m := &nats.Msg{
		Subject: r.prefix + ".document/changed.document." + id,
		Header: nats.Header{
			"Content-Type": {"application/json"},
			"Es-Commit":    {fmt.Sprintf("ABCDEFGHIJKLMNOPQRSTUVWXYZ 0 %d/%d 0", i, count)},
			"Es-Metadata":  {`"ada"`},
		},
		Data: payload,
	}
	if i == 0 || i == count-1 {
		m.Header["Nats-Expected-Last-Subject-Sequence"] = []string{"0"}
		m.Header["Nats-Expected-Last-Subject-Sequence-Subject"] = []string{r.prefix + ".*.document." + id}
	}
	return m
}

// publish commits one event.
func (r *rival) publish(ctx context.Context, id string) error {
	_, err := r.js.PublishMsg(ctx, r.message(id, 0, 1))
	return err
}

// batch commits several events in an atomic batch of their own. When the stream
// has too many open it tries again.
func (r *rival) batch(ctx context.Context, id string, count int) error {
	for attempt := 0; ; attempt++ {
		err := r.tryBatch(ctx, id, fmt.Sprint(id, "-", attempt), count)
		if !errors.Is(err, errOpenBatches) {
			return err
		}
		time.Sleep(time.Millisecond)
	}
}

// together commits one event of each of several aggregates in one atomic batch,
// the way a group does it, with nothing else to do.
func (r *rival) together(ctx context.Context, id string, count int) error {
	return r.send(ctx, id, count, func(i int) *nats.Msg { return r.message(fmt.Sprint(id, "-", i), 0, 1) })
}

var errOpenBatches = errors.New("too many open batches")

func (r *rival) tryBatch(ctx context.Context, id, batch string, count int) error {
	return r.send(ctx, batch, count, func(i int) *nats.Msg { return r.message(id, i, count) })
}

// send sends a batch.
func (r *rival) send(ctx context.Context, batch string, count int, message func(i int) *nats.Msg) error {
	for i := range count {
		m := message(i)
		m.Header["Nats-Batch-Id"] = []string{batch}
		m.Header["Nats-Batch-Sequence"] = []string{strconv.Itoa(i + 1)}
		if i < count-1 {
			if err := r.nc.PublishMsg(m); err != nil {
				return err
			}
			continue
		}
		m.Header["Nats-Batch-Commit"] = []string{"1"}
		answer, err := r.nc.RequestMsgWithContext(ctx, m)
		if err != nil {
			return err
		}
		var ack struct {
			Error *struct {
				Code        int    `json:"err_code"`
				Description string `json:"description"`
			} `json:"error"`
			Count int `json:"count"`
		}
		if err := json.Unmarshal(answer.Data, &ack); err != nil {
			return err
		}
		switch {
		case ack.Error != nil && (ack.Error.Code == 10176 || ack.Error.Code == 10210):
			return errOpenBatches
		case ack.Error != nil:
			return errors.New(ack.Error.Description)
		case ack.Count != count:
			return fmt.Errorf("%d of %d events are written", ack.Count, count)
		}
	}
	return nil
}
