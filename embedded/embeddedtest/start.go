package embeddedtest

import (
	"errors"
	"net"
	"sync/atomic"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/embedded"
)

// Servers are a server and a cluster of three, which keep nothing when they are closed.
type Servers struct {
	Single  nats.InProcessConnProvider
	Cluster *Cluster
	close   func() error
}

// Close stops the servers, and returns when they have stopped.
func (s *Servers) Close() error { return s.close() }

// Cluster is three servers.
type Cluster struct {
	members []nats.InProcessConnProvider
	next    atomic.Uint32
}

// InProcessConn returns a new connection to the next member.
func (c *Cluster) InProcessConn() (net.Conn, error) {
	return c.Member(int(c.next.Add(1)) % len(c.members)).InProcessConn()
}

// Member returns member i, from 0 to 2.
func (c *Cluster) Member(i int) nats.InProcessConnProvider { return c.members[i] }

// Start starts the servers.
func Start() (*Servers, error) {
	if raced {
		return startProcess()
	}
	single, err := embedded.Start(embedded.Config{})
	if err != nil {
		return nil, err
	}
	cluster, err := embedded.StartCluster(3, embedded.Config{})
	if err != nil {
		return nil, errors.Join(err, single.Close())
	}
	s := &Servers{Single: single, Cluster: new(Cluster), close: func() error {
		return errors.Join(single.Close(), cluster.Close())
	}}
	for i := range 3 {
		s.Cluster.members = append(s.Cluster.members, cluster.Server(i))
	}
	return s, nil
}
