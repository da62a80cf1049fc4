//go:build unix

package cluster

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// Size is the number of servers in a [Cluster].
const Size = 3

// Config says how a [Cluster] runs.
type Config struct {
	// Dir is where the servers keep their streams and logs, each in a directory
	// of its own.
	Dir string
	// Sync makes the servers sync every write to disk before they acknowledge
	// it.
	Sync bool
}

// Cluster is three servers and the proxies between them.
type Cluster struct {
	Nodes [Size]*Node

	routes [Size][Size]*proxy // from one server to another
	spawn  *spawner
}

// Start starts the servers, and returns once they listen. They may not have
// found each other by then.
func Start(cfg Config) (_ *Cluster, err error) {
	c := &Cluster{spawn: newSpawner()}
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
		clients, err := newProxy()
		if err != nil {
			return nil, err
		}
		n := &Node{Name: fmt.Sprintf("n%d", i), clients: clients, spawn: c.spawn}
		n.spec = spec{Name: n.Name, Dir: filepath.Join(cfg.Dir, n.Name), Sync: cfg.Sync}
		for j := range Size {
			// A server has a route to itself as well, which it drops: from the
			// number of routes it takes how many votes the first leader needs.
			n.spec.Routes = append(n.spec.Routes, c.routes[i][j].addr())
			n.routes = append(n.routes, c.routes[j][i])
		}
		c.Nodes[i] = n
		if err := os.MkdirAll(n.spec.Dir, 0o700); err != nil {
			return nil, err
		}
	}
	return c, c.StartAll()
}

// StartAll starts those of the servers that do not run.
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

// URLs are where clients reach the servers, beginning with server first.
func (c *Cluster) URLs(first int) []string {
	urls := make([]string, Size)
	for i := range urls {
		urls[i] = c.Nodes[(first+i)%Size].URL()
	}
	return urls
}

// Find returns the number of the server with a name; false if there is none.
func (c *Cluster) Find(name string) (int, bool) {
	for i, n := range c.Nodes {
		if n.Name == name {
			return i, true
		}
	}
	return 0, false
}

// SetRoutes sets the mode of all routes from and to a server.
func (c *Cluster) SetRoutes(node int, mode Mode) {
	for i := range Size {
		if i != node {
			c.routes[i][node].set(mode)
			c.routes[node][i].set(mode)
		}
	}
}

// SetClients sets the mode of the connections between a server and its clients.
func (c *Cluster) SetClients(node int, mode Mode) { c.Nodes[node].clients.set(mode) }

// Heal makes all connections pass, all paused servers go on, and starts those
// that do not run.
func (c *Cluster) Heal() error {
	var errs []error
	for i, n := range c.Nodes {
		c.SetRoutes(i, Pass)
		c.SetClients(i, Pass)
		errs = append(errs, n.Resume())
	}
	return errors.Join(append(errs, c.StartAll())...)
}

// Close kills the servers. Their directories stay.
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
	c.spawn.close()
	return errors.Join(errs...)
}
