package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

// world is a server, or three, in this process, and the stores on it.
type world struct {
	name     string
	replicas int
	dir      string
	begin    func() (closer, error)
	server   closer
	nc       *nats.Conn
	streams  atomic.Int64
}

type closer interface {
	nats.InProcessConnProvider
	Close() error
}

// start starts servers that keep their streams in a directory of their own.
func start(replicas int, lazy bool) (*world, error) {
	dir, err := os.MkdirTemp("", "jetsource-bench")
	if err != nil {
		return nil, err
	}
	w := &world{replicas: replicas, name: fmt.Sprintf("R%d %s", replicas, map[bool]string{true: "lazy", false: "synced"}[lazy])}
	cfg := embedded.Config{Dir: dir, LazySync: lazy}
	w.begin = func() (closer, error) {
		if replicas > 1 {
			return embedded.StartCluster(replicas, cfg)
		}
		return embedded.Start(cfg)
	}
	w.dir = dir
	if err := w.up(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return w, nil
}

// up starts the servers and connects to them.
func (w *world) up() (err error) {
	if w.server, err = w.begin(); err != nil {
		return err
	}
	w.nc, err = nats.Connect("", nats.InProcessServer(w.server), nats.MaxReconnects(-1))
	return err
}

// restart starts the servers again, on what they have on disk.
func (w *world) restart(ctx context.Context, stores []*filled) error {
	w.nc.Close()
	if err := w.server.Close(); err != nil {
		return err
	}
	if err := w.up(); err != nil {
		return err
	}
	for _, f := range stores {
		if err := f.reopen(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) close() error {
	w.nc.Close()
	return errors.Join(w.server.Close(), os.RemoveAll(w.dir))
}

// config is the config of a store that has its stream for itself.
func (w *world) config() jetstream.Config {
	n := w.streams.Add(1)
	return jetstream.Config{Stream: fmt.Sprintf("S%d", n), Prefix: fmt.Sprintf("s%d", n), Replicas: w.replicas}
}

type store = jetstream.Store[string, string]

func (w *world) open(ctx context.Context) (*store, jetstream.Config, error) {
	cfg := w.config()
	s, err := jetstream.Open[string, string](ctx, w.nc, cfg)
	if err == nil {
		err = w.lead(ctx, cfg.Stream)
	}
	return s, cfg, err
}
