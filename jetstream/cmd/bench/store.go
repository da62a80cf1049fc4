package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/jetstream"
)

type store = jetstream.Store[string, string]

// newConfig is the config of a store with a stream of its own.
func (d *deployment) newConfig() jetstream.Config {
	d.streams++
	return jetstream.Config{Stream: fmt.Sprintf("S%d", d.streams), Prefix: fmt.Sprintf("s%d", d.streams), Replicas: d.replicas}
}

// newStore opens a store on a stream of its own.
func (d *deployment) newStore(ctx context.Context) (*store, error) { return d.open(ctx, d.newConfig()) }

// open opens a store over a connection to the leader of its stream. It creates the
// stream if there is none.
func (d *deployment) open(ctx context.Context, cfg jetstream.Config) (*store, error) {
	s, err := d.openOver(ctx, d.conns[0], cfg)
	if err != nil {
		return nil, err
	}
	leader, err := d.leader(ctx, cfg.Stream)
	if err != nil || leader == d.conns[0] {
		return s, err
	}
	return d.openOver(ctx, leader, cfg)
}

func (d *deployment) openOver(ctx context.Context, nc *nats.Conn, cfg jetstream.Config) (*store, error) {
	s, err := jetstream.Open[string, string](ctx, nc, cfg)
	if err == nil {
		d.stores = append(d.stores, s)
	}
	return s, err
}

// leader returns the connection to the leader of a stream: over another one,
// each request would take a hop more.
func (d *deployment) leader(ctx context.Context, stream string) (*nats.Conn, error) {
	js, err := natsjs.New(d.conns[0])
	if err != nil || len(d.conns) == 1 {
		return d.conns[0], err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for {
		s, err := js.Stream(ctx, stream)
		for _, nc := range d.conns {
			if err == nil && s.CachedInfo().Cluster != nil && s.CachedInfo().Cluster.Leader == nc.ConnectedServerName() {
				return nc, nil
			}
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("find the leader of %s: %w", stream, ctx.Err()), err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
