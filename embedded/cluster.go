package embedded

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
)

// Cluster is several servers in this process with one JetStream between them,
// joined over loopback. It is for tests: all of them share one machine's fate.
// Its methods may be called from any goroutine.
type Cluster struct {
	temp    string // the directory that Close removes, if Config.Dir was empty
	members []*member

	starting sync.Mutex // held by what starts members, and by Close

	mu      sync.Mutex // guards what follows
	servers []*Server
	turn    int
	closed  bool
}

// StartCluster runs n servers, two at least, and returns once a stream with n
// replicas can be created. That is mostly half a second, but up to ten if they
// ran before or must vote twice for a leader. Each keeps its streams in a
// directory of its own below cfg.Dir; a cluster may be started again on the
// same Dir with the same n and Name. It fails with a [NotRecoveredError] if a
// member could not read its part of a stream. Settings of a stream that a member
// has lost come from the other members.
//
// Listen must leave the port to the system. Even without Listen each member
// opens a port on 127.0.0.1, which a nats-server needs before it joins others.
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
	// A port that was free may be taken when its member gets there; other
	// ports help then, and what else goes wrong goes wrong again.
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

// Server is member i, counted from 0. It is the closed one after its Close,
// and a new one after Restart.
func (c *Cluster) Server(i int) *Server {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.servers[i]
}

// InProcessConn is a new connection to the next member that runs, so that a
// client of nats.InProcessServer(cluster) moves on when its member closes. The
// error is net.ErrClosed if none runs.
func (c *Cluster) InProcessConn() (net.Conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for range c.servers {
		s := c.servers[c.turn%len(c.servers)]
		c.turn++
		if s.running() {
			return s.InProcessConn()
		}
	}
	return nil, fmt.Errorf("embedded: connect to cluster: %w", net.ErrClosed)
}

// Restart starts closed members again, together, each with the name, directory
// and addresses that it had, and returns once they take part again: a majority
// of the cluster has to run by then, or it fails after 30 seconds and leaves
// them running. Replicas of streams catch up afterwards. Members that run are
// left alone.
func (c *Cluster) Restart(members ...int) error {
	c.starting.Lock()
	defer c.starting.Unlock()
	if c.isClosed() {
		return fmt.Errorf("embedded: restart member: cluster: %w", net.ErrClosed)
	}
	for _, i := range members {
		if i < 0 || i >= len(c.members) {
			return fmt.Errorf("embedded: restart member: there is no member %d", i)
		}
	}
	if err := c.start(members); err != nil {
		return err
	}
	return await("cluster", c.missing)
}

// Close closes all members and returns when they are down. Later calls do
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

// startCluster is one attempt of StartCluster, with ports of its own.
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

// start starts those of the members that do not run, and closes them again if
// one cannot.
func (c *Cluster) start(members []int) error {
	started := make([]*Server, len(c.servers))
	errs := make([]error, len(c.servers))
	var wg sync.WaitGroup
	for i, s := range c.snapshot() {
		if slices.Contains(members, i) && !s.running() {
			wg.Go(func() {
				if s != nil {
					_ = s.Close() // one that has begun may still hold the directory
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
