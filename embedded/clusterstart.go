package embedded

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
)

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
