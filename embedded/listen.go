package embedded

import (
	"fmt"

	"github.com/nats-io/nats-server/v2/server"
)

// holdListener keeps a server from listening before its streams were compared
// with what they were: a client that connects first could write to a log that
// lost its end. The members of a cluster must listen to find each other, and a
// file with the ports is written before.
func holdListener(opts *server.Options) bool {
	if opts.DontListen || opts.Cluster.Port != 0 || opts.PortsFileDir != "" {
		return false
	}
	opts.DontListen = true
	return true
}

// listen opens the listener, if it was held.
func (s *Server) listen(held bool) error {
	if !held {
		return nil
	}
	s.ns.AcceptLoop(make(chan struct{}))
	if err := s.log.fatalErr(); err != nil {
		return fmt.Errorf("embedded: start %s: %w", s.Name(), err)
	}
	return nil
}
