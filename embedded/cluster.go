package embedded

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
)

// Cluster is several servers in this process, joined over loopback, with one
// JetStream. It is for tests: a machine that fails takes all of them along. With
// Config.LazySync a loss of power then costs more than the last writes: the members
// can hold different messages at one position of a stream afterwards, for good. Its
// methods may be called from any goroutine.
type Cluster struct {
	temp    string // the directory that Close removes, if Config.Dir was empty
	members []*member

	starting sync.Mutex // held while members are started, and by Close

	mu      sync.Mutex // guards the fields below
	servers []*Server
	next    int // the server that the next connection goes to, modulo their number
	closed  bool
}

// Server returns member i, counted from 0. After Close of the member it is the
// closed server, and after Restart a new one.
func (c *Cluster) Server(i int) *Server {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.servers[i]
}

// InProcessConn returns a new connection to the next member that runs. So a client
// of nats.InProcessServer(cluster) reconnects to another member when its own
// closes. The error is net.ErrClosed if no member runs.
func (c *Cluster) InProcessConn() (net.Conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for range c.servers {
		s := c.servers[c.next%len(c.servers)]
		c.next++
		if s.running() {
			return s.InProcessConn()
		}
	}
	return nil, fmt.Errorf("embedded: connect to cluster: %w", net.ErrClosed)
}

// Restart starts closed members again, all at once, each with its name, directory
// and addresses, and returns once they have joined the cluster. That needs a
// majority of members: without one Restart fails after 30 seconds, and the members
// go on running. Replicas of streams catch up afterwards. Restart does nothing to
// members that run.
func (c *Cluster) Restart(members ...int) error {
	c.starting.Lock()
	defer c.starting.Unlock()
	if c.isClosed() {
		return fmt.Errorf("embedded: restart member: cluster: %w", net.ErrClosed)
	}
	for _, i := range members {
		if i < 0 || i >= len(c.members) {
			return fmt.Errorf("embedded: restart member: no member %d", i)
		}
	}
	if err := c.start(members); err != nil {
		return err
	}
	return await("cluster", c.missing)
}

// Close closes all members and returns when they have stopped. Later calls do
// nothing.
func (c *Cluster) Close() error {
	c.starting.Lock()
	defer c.starting.Unlock()

	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	errs := make([]error, len(c.members))
	var wg sync.WaitGroup
	for i, s := range c.snapshot() {
		if s != nil {
			wg.Go(func() { errs[i] = s.Close() })
		}
	}
	wg.Wait()
	if c.temp != "" {
		errs = append(errs, os.RemoveAll(c.temp))
	}
	return errors.Join(errs...)
}

// snapshot returns the servers at this moment.
func (c *Cluster) snapshot() []*Server {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.servers)
}

func (c *Cluster) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}
