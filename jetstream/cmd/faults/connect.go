//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/cluster"
)

// openTime is how long it may take to open a store, leases or snapshots: longer
// than a cluster needs to elect its leaders.
const openTime = 5 * time.Minute

// connect connects to the first server that answers.
func connect(urls []string, name string, opts ...nats.Option) (*nats.Conn, error) {
	return nats.Connect(strings.Join(urls, ","), append([]nats.Option{
		nats.Name(name), nats.DontRandomize(), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true),
		nats.ReconnectWait(100 * time.Millisecond), nats.Timeout(2 * time.Second),
		// A server that is cut off from its clients is detected after two seconds.
		nats.PingInterval(time.Second), nats.MaxPingsOutstanding(2),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}),
	}, opts...)...)
}

// newClient opens the store over a connection of its own: see openClient.
func (r *run) newClient(ctx context.Context, name string, n int, urls []string) (*client, error) {
	return r.openClient(ctx, r.stream, name, n, urls, r.recorder)
}

// openClient opens the store of a stream over a connection of its own. The settings vary with n:
// every second client keeps what it publishes while it is disconnected and sends
// it later, which is the default of nats.go; and two of each four send all their
// commits in groups.
func (r *run) openClient(ctx context.Context, stream, name string, n int, urls []string, rec *recorder) (*client, error) {
	var opts []nats.Option
	if n%2 == 0 {
		opts = append(opts, nats.ReconnectBufSize(-1))
	}
	nc, err := connect(urls, name, opts...)
	if err != nil {
		return nil, err
	}
	cfg := jetstream.Config{
		Stream: stream, Prefix: strings.ToLower(stream), Replicas: cluster.Size,
		GroupCommit: jetstream.GroupCommitAuto, AckWait: r.options.load.ackWait, Logger: noLogger(),
	}
	if n%4 < 2 {
		cfg.GroupCommit = jetstream.GroupCommitAlways
	}
	s, err := retryOpen(ctx, func(ctx context.Context) (*store, error) {
		return jetstream.Open[string, core.NoMetadata](ctx, nc, cfg)
	})
	if err != nil {
		nc.Close()
		return nil, fmt.Errorf("%s: open store: %w", name, err)
	}
	r.closers = append(r.closers, func() error {
		defer nc.Close()
		return s.Close()
	})
	return &client{store: s, name: name, prefix: cfg.Prefix, nc: nc, recorder: rec}, nil
}

// openLeases opens the bucket of the workers' leases.
func (r *run) openLeases(ctx context.Context, nc *nats.Conn) (*jetstream.Leases, error) {
	return retryOpen(ctx, func(ctx context.Context) (*jetstream.Leases, error) {
		cfg := jetstream.LeaseConfig{Bucket: "LEASES-" + r.stream, Replicas: r.options.load.size.bucketReplicas, Logger: noLogger()}
		return jetstream.OpenLeases(ctx, nc, cfg)
	})
}

// retryOpen calls open until it succeeds.
func retryOpen[T any](ctx context.Context, open func(ctx context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, openTime)
	defer cancel()
	for {
		attempt, cancel := context.WithTimeout(ctx, 10*time.Second)
		opened, err := open(attempt)
		cancel()
		if err == nil {
			return opened, nil
		}
		if sleep(ctx, 100*time.Millisecond); ctx.Err() != nil {
			return opened, errors.Join(ctx.Err(), err)
		}
	}
}
