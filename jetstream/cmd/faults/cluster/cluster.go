//go:build unix

package cluster

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// Size is the number of servers of a [Cluster].
const Size = 3

// Config is the configuration of a [Cluster].
type Config struct {
	// Dir is the directory in which each server has one for its streams and its
	// log.
	Dir string
	// SyncAlways makes the servers sync every write to disk before they ack it.
	// Otherwise they sync every two minutes.
	SyncAlways bool
}

// Cluster is three servers and the proxies between them.
type Cluster struct {
	Nodes [Size]*Node

	routes  [Size][Size]*proxy // from one server to another
	spawner *spawner
}

// Start starts the servers and returns when they accept connections. They may not
// have formed a cluster by then.
func Start(cfg Config) (_ *Cluster, err error) {
	c := &Cluster{spawner: newSpawner()}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	for from := range Size {
		for to := range Size {
			if c.routes[from][to], err = newProxy(); err != nil {
				return nil, err
			}
		}
	}
	for i := range Size {
		if c.Nodes[i], err = c.newNode(i, cfg); err != nil {
			return nil, err
		}
	}
	return c, c.StartAll()
}

// newNode returns server i with its directory. The server does not run yet.
func (c *Cluster) newNode(i int, cfg Config) (*Node, error) {
	clients, err := newProxy()
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("n%d", i)
	n := &Node{
		Name:    name,
		spec:    spec{Name: name, Dir: filepath.Join(cfg.Dir, name), SyncAlways: cfg.SyncAlways},
		clients: clients,
		spawner: c.spawner,
	}
	for j := range Size {
		// A server gets a route to itself as well, which it drops. The number of
		// routes tells it how many votes the first leader needs.
		n.spec.Routes = append(n.spec.Routes, c.routes[i][j].addr())
		n.routes = append(n.routes, c.routes[j][i])
	}
	return n, os.MkdirAll(n.spec.Dir, 0o700)
}

// StartAll starts the servers that do not run.
func (c *Cluster) StartAll() error {
	var errs [Size]error
	var all sync.WaitGroup
	for i, n := range c.Nodes {
		if !n.Running() {
			all.Go(func() { errs[i] = n.Start() })
		}
	}
	all.Wait()
	return errors.Join(errs[:]...)
}

// KillAll kills all servers at once.
func (c *Cluster) KillAll() error {
	var errs [Size]error
	var all sync.WaitGroup
	for i, n := range c.Nodes {
		all.Go(func() { errs[i] = n.Kill() })
	}
	all.Wait()
	return errors.Join(errs[:]...)
}

// URLs are the addresses of the servers for clients, server first at the head.
func (c *Cluster) URLs(first int) []string {
	urls := make([]string, Size)
	for i := range urls {
		urls[i] = c.Nodes[(first+i)%Size].URL()
	}
	return urls
}

// Find returns the number of the server with a name, false if there is none.
func (c *Cluster) Find(name string) (int, bool) {
	for i, n := range c.Nodes {
		if n.Name == name {
			return i, true
		}
	}
	return 0, false
}

// Close kills the servers and closes the proxies. The directories stay.
func (c *Cluster) Close() error {
	var errs []error
	for i, n := range c.Nodes {
		if n != nil {
			errs = append(errs, n.Kill())
			n.clients.close()
		}
		for _, p := range c.routes[i] {
			if p != nil {
				p.close()
			}
		}
	}
	c.spawner.close()
	return errors.Join(errs...)
}
