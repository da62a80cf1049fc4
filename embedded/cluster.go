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

// StartCluster runs n servers, two at least, and returns once a stream with n
// replicas can be created. That is mostly half a second, but up to ten if they
// ran before or must vote twice for a leader. Each keeps its streams in a
// directory of its own below cfg.Dir; a cluster may be started again on the
// same Dir with the same n and Name. It fails with a [NotRecoveredError] if a
// member could not read its part of a stream. Settings of a stream that a member
// has lost come from the other members. Members keep no witness of where logs
// end: Config.AcceptLoss does nothing.
//
// Listen must leave the port to the system. Each member opens a port on 127.0.0.1
// even without Listen: a nats-server needs one to join others.
func StartCluster(n int, cfg Config) (*Cluster, error) {
	if n < 2 {
		return nil, fmt.Errorf("embedded: start cluster: %d members are too few", n)
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if _, port, _ := net.SplitHostPort(cfg.Listen); cfg.Listen != "" && port != "0" {
		return nil, &ConfigError{Field: "Listen", Value: cfg.Listen, Err: errors.New("one port for several members")}
	}
	// A port that was free may be taken by the time its member listens on it.
	// Another attempt then finds other ports; other errors come again.
	var err error
	for range 3 {
		var c *Cluster
		if c, err = startCluster(n, cfg); err == nil {
			return c, nil
		}
		_, wrong := errors.AsType[*ConfigError](err)
		_, unreadable := errors.AsType[*NotRecoveredError](err)
		if wrong || unreadable || errors.Is(err, errNotReady) {
			break
		}
	}
	return nil, err
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

// startCluster makes one attempt to start a cluster, on ports of its own.
func startCluster(n int, cfg Config) (_ *Cluster, err error) {
	c := &Cluster{servers: make([]*Server, n)}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	dir := cfg.Dir
	if dir == "" {
		if dir, err = os.MkdirTemp("", "embedded-nats-"); err != nil {
			return nil, &ConfigError{Field: "Dir", Err: err}
		}
		c.temp = dir
		cfg.LazySync = true
	}
	if c.members, err = newMembers(n, cfg, dir); err != nil {
		return nil, err
	}
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	if err := c.start(all); err != nil {
		return nil, err
	}
	if err := await("cluster", c.missing); err != nil {
		return nil, err
	}
	return c, nil
}

// start starts those of the members that do not run, all or none: if one fails to
// start, it closes the others again.
func (c *Cluster) start(members []int) error {
	started := make([]*Server, len(c.servers))
	errs := make([]error, len(c.servers))
	var wg sync.WaitGroup
	for i, s := range c.snapshot() {
		if slices.Contains(members, i) && !s.running() {
			wg.Go(func() {
				if s != nil {
					_ = s.Close() // if it is closing, this waits until the directory is free
				}
				started[i], errs[i] = c.members[i].start()
			})
		}
	}
	wg.Wait()

	err := errors.Join(errs...)
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, s := range started {
		switch {
		case s == nil:
		case err != nil:
			err = errors.Join(err, s.Close())
		default:
			c.servers[i] = s
		}
	}
	return err
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
