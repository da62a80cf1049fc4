package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/embedded"
)

// deployment is one server in this process, or a cluster of three, with the
// streams in a temporary directory.
type deployment struct {
	name     string // "R3 synced": three replicas, every ack after a sync to disk
	replicas int
	lazy     bool // sync every two minutes, not before each ack

	dir     string       // "" until start
	server  io.Closer    // [embedded.Server] or [embedded.Cluster]
	conns   []*nats.Conn // one to each server
	stores  []*store
	streams int // number of streams so far
}

func newDeployment(replicas int, lazy bool) *deployment {
	name := fmt.Sprintf("R%d synced", replicas)
	if lazy {
		name = fmt.Sprintf("R%d lazy", replicas)
	}
	return &deployment{name: name, replicas: replicas, lazy: lazy}
}

func (d *deployment) started() bool { return d.dir != "" }

func (d *deployment) start() (err error) {
	if d.dir, err = os.MkdirTemp("", "jetsource-bench"); err != nil {
		return err
	}
	return d.connect()
}

// connect starts the servers on the directory and connects to each.
func (d *deployment) connect() error {
	servers, err := d.startServers(embedded.Config{Dir: d.dir, LazySync: d.lazy})
	if err != nil {
		return err
	}
	for _, s := range servers {
		nc, err := nats.Connect("", nats.InProcessServer(s), nats.MaxReconnects(-1))
		if err != nil {
			return err
		}
		d.conns = append(d.conns, nc)
	}
	return nil
}

func (d *deployment) startServers(cfg embedded.Config) (servers []*embedded.Server, err error) {
	if d.replicas == 1 {
		s, err := embedded.Start(cfg)
		if err != nil {
			return nil, err
		}
		d.server = s
		return []*embedded.Server{s}, nil
	}
	c, err := embedded.StartCluster(d.replicas, cfg)
	if err != nil {
		return nil, err
	}
	d.server = c
	for i := range d.replicas {
		servers = append(servers, c.Server(i))
	}
	return servers, nil
}

// disconnect closes the stores and stops the servers.
func (d *deployment) disconnect() error {
	var errs []error
	for _, s := range d.stores {
		errs = append(errs, s.Close())
	}
	for _, nc := range d.conns {
		nc.Close()
	}
	if d.server != nil {
		errs = append(errs, d.server.Close())
	}
	d.stores, d.conns, d.server = nil, nil, nil
	return errors.Join(errs...)
}

// restart starts the servers again on the same directory. Stores have to be
// opened again.
func (d *deployment) restart() error {
	if err := d.disconnect(); err != nil {
		return err
	}
	return d.connect()
}

// close stops the servers and removes their directory.
func (d *deployment) close() error {
	return errors.Join(d.disconnect(), os.RemoveAll(d.dir))
}
