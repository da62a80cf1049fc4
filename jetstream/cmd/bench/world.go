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

// newWorld returns servers that are started when the first store is opened, and
// keep their streams in a directory of their own.
func newWorld(replicas int, lazy bool) *world {
	w := &world{replicas: replicas, name: fmt.Sprintf("R%d %s", replicas, map[bool]string{true: "lazy", false: "synced"}[lazy])}
	w.begin = func() (closer, error) {
		cfg := embedded.Config{Dir: w.dir, LazySync: lazy}
		if replicas > 1 {
			return embedded.StartCluster(replicas, cfg)
		}
		return embedded.Start(cfg)
	}
	return w
}

// ready starts the servers, the first time.
func (w *world) ready() (err error) {
	if w.server != nil {
		return nil
	}
	if w.dir, err = os.MkdirTemp("", "jetsource-bench"); err != nil {
		return err
	}
	return w.up()
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
	if w.server == nil {
		return os.RemoveAll(w.dir)
	}
	if w.nc != nil {
		w.nc.Close()
	}
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
	if err := w.ready(); err != nil {
		return nil, cfg, err
	}
	s, err := jetstream.Open[string, string](ctx, w.nc, cfg)
	if err == nil {
		err = w.lead(ctx, cfg.Stream)
	}
	return s, cfg, err
}
