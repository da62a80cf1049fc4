package main

import (
	"context"
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
	if replicas > 1 {
		cluster, err := embedded.StartCluster(replicas, cfg)
		if err != nil {
			return nil, err
		}
		w.server = removing{cluster, dir}
	} else {
		server, err := embedded.Start(cfg)
		if err != nil {
			return nil, err
		}
		w.server = removing{server, dir}
	}
	return w, w.connect()
}

// removing removes the directory of a server that is closed.
type removing struct {
	closer
	dir string
}

func (r removing) Close() error {
	err := r.closer.Close()
	if gone := os.RemoveAll(r.dir); err == nil {
		err = gone
	}
	return err
}

func (w *world) connect() (err error) {
	w.nc, err = nats.Connect("", nats.InProcessServer(w.server), nats.MaxReconnects(-1))
	return err
}

func (w *world) close() error {
	w.nc.Close()
	return w.server.Close()
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
	return s, cfg, err
}
