//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/examples/faults/cluster"
	"github.com/jetsource/jetsource/examples/faults/history"
	"github.com/jetsource/jetsource/jetstream"
)

// opTime is how long a commit or a load may take.
const opTime = 30 * time.Second

// client is a store over a connection of its own that writes down each commit. A
// repository can use it as a store.
type client struct {
	*store

	name   string
	prefix string // of the store's subjects
	nc     *nats.Conn
	rec    *recorder
}

// connect connects to servers, to the first of them if it can.
func connect(urls []string, name string, opts ...nats.Option) (*nats.Conn, error) {
	return nats.Connect(strings.Join(urls, ","), append([]nats.Option{
		nats.Name(name), nats.DontRandomize(), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true),
		nats.ReconnectWait(100 * time.Millisecond), nats.Timeout(2 * time.Second),
		// A server that is cut off from its clients is to be found out soon.
		nats.PingInterval(time.Second), nats.MaxPingsOutstanding(2),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}),
	}, opts...)...)
}

// newClient is a client that is connected to server n first. Every second one
// keeps what it publishes while it is not connected, as connections do unless
// told otherwise, and sends it later. Two of each four let all their commits wait
// for each other, to be sent in groups.
func (r *run) newClient(ctx context.Context, name string, n int) (*client, error) {
	return r.newClientOf(ctx, name, n, r.cluster.URLs(n))
}

func (r *run) newClientOf(ctx context.Context, name string, n int, urls []string) (*client, error) {
	var opts []nats.Option
	if n%2 == 0 {
		opts = append(opts, nats.ReconnectBufSize(-1))
	}
	nc, err := connect(urls, name, opts...)
	if err != nil {
		return nil, err
	}
	groups := jetstream.GroupCommitAuto
	if n%4 < 2 {
		groups = jetstream.GroupCommitAlways
	}
	s, err := r.openStore(ctx, nc, groups)
	if err != nil {
		nc.Close()
		return nil, err
	}
	r.closers = append(r.closers, func() error {
		defer nc.Close()
		return s.Close()
	})
	return &client{store: s, name: name, prefix: prefix(r.stream), nc: nc, rec: r.rec}, nil
}

// prefix is the first token of the subjects of a stream.
func prefix(stream string) string { return strings.ToLower(stream) }

// openStore opens the store, as soon as there is a cluster.
func (r *run) openStore(ctx context.Context, nc *nats.Conn, groups jetstream.GroupCommit) (*store, error) {
	cfg := jetstream.Config{
		Stream: r.stream, Prefix: prefix(r.stream), Replicas: cluster.Size,
		GroupCommit: groups, AckWait: r.options.ackWait, Logger: quiet(),
	}
	for {
		attempt, cancel := context.WithTimeout(ctx, 5*time.Second)
		s, err := jetstream.Open[string, core.NoMetadata](attempt, nc, cfg)
		cancel()
		if err == nil {
			return s, nil
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// quiet is a logger for what is expected to go wrong here.
func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// Commit is that of the store, written down.
func (c *client) Commit(ctx context.Context, commits ...commit) ([]committed, error) {
	op := c.begin(commits...)
	recorded, err := c.store.Commit(ctx, commits...)
	var positions []uint64
	for _, one := range recorded {
		positions = append(positions, one.Position)
	}
	c.end(op, commits[0].Key, positions, err)
	return recorded, err
}

// begin is a commit that is asked for now.
func (c *client) begin(commits ...commit) history.Op {
	m, ok := commits[0].Events[0].(interface{ mark() Mark })
	if !ok {
		panic(fmt.Sprintf("an event without a mark: %T", commits[0].Events[0]))
	}
	op := history.Op{ID: m.mark().Op, Client: c.name}
	for _, k := range commits {
		expected, _ := k.Expected.Position()
		op.Parts = append(op.Parts, history.Part{Aggregate: tokens(k.Key), Unchecked: k.Unchecked, Expected: expected, Events: len(k.Events)})
	}
	op.Call = c.rec.now()
	return op
}

// end writes down what came of it.
func (c *client) end(op history.Op, k key, positions []uint64, err error) {
	op.Return = c.rec.now()
	op.Outcome = history.OK
	unknown, isUnknown := errors.AsType[*jetstream.UnknownOutcomeError](err)
	switch {
	case err == nil:
		for i, p := range positions {
			op.Parts[i].Position = p
		}
	case errors.Is(err, core.ErrConflict):
		op.Outcome = history.Conflict
	case isUnknown:
		op.Outcome, op.Doubtful = history.Unknown, true
	default:
		op.Outcome = history.Refused
	}
	if err != nil {
		op.Error = err.Error()
	}
	c.rec.add(op, k, unknown)
}

// resolve asks what became of the commits whose outcome is unknown, now and then
// until ctx ends. With seal it commits to their aggregates, so that a commit
// that has not arrived never will.
func (c *client) resolve(ctx context.Context, seal bool) {
	for ctx.Err() == nil {
		doubts := c.rec.doubted()
		for i, d := range doubts {
			if seal {
				_, _ = core.CommitEvents(ctx, c, d.key, events(fmt.Sprintf("%s.seal.%d.%d", c.name, c.rec.now(), i), 0, 1, false), core.NoMetadata{})
			}
			positions, err := c.Resolve(ctx, d.unknown)
			switch {
			case err == nil:
				c.rec.settle(d, history.OK, positions)
			case errors.Is(err, core.ErrConflict):
				c.rec.settle(d, history.Conflict, nil)
			default:
				c.rec.doubtAgain(d)
			}
		}
		if seal && len(doubts) == 0 {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}
