package embedded

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// readyTimeout bounds the wait for what a server does in the background after it
// has recovered its streams.
const readyTimeout = 30 * time.Second

var errNotReady = errors.New("not ready")

// await calls missing until it returns "", which is when what is ready.
func await(what string, missing func() (string, error)) error {
	deadline := time.Now().Add(readyTimeout)
	for {
		reason, err := missing()
		if err != nil {
			return fmt.Errorf("embedded: start %s: %w", what, err)
		}
		if reason == "" {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("embedded: start %s: %w after %v: %s", what, errNotReady, readyTimeout, reason)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// missing returns what the server lacks to serve clients, "" if it is ready, or an
// error if it never will be.
func (s *Server) missing() (string, error) {
	if err := s.log.fatalErr(); err != nil {
		return "", err
	}
	// The shortest timeout with which the server checks its listeners: once.
	if !s.ns.ReadyForConnections(time.Millisecond) {
		return "not listening", nil
	}
	if !s.ns.JetStreamEnabled() {
		return "JetStream is not enabled", nil
	}
	return "", nil
}

// missing returns what the members that run lack to serve as one JetStream, "" if
// they are ready.
func (c *Cluster) missing() (string, error) {
	var running []*Server
	var leader *Server
	for _, s := range c.snapshot() {
		if !s.running() {
			continue
		}
		running = append(running, s)
		if s.ns.JetStreamIsLeader() {
			leader = s
		}
	}
	if leader == nil {
		return fmt.Sprintf("%d of %d members run and have no leader", len(running), len(c.servers)), nil
	}
	// The leader places replicas only on peers that it knows.
	peers := leader.ns.JetStreamClusterPeers()
	for _, s := range running {
		if err := s.log.fatalErr(); err != nil {
			return "", err
		}
		switch {
		case !slices.Contains(peers, s.Name()):
			return s.Name() + " is not known to the leader", nil
		case s.ns.NumRemotes() < len(running)-1:
			return s.Name() + " is not connected to all others", nil
		case s.metaLeader() != leader.Name():
			return s.Name() + " does not know the leader", nil
		case !s.ns.JetStreamIsCurrent():
			return s.Name() + " has not caught up", nil
		}
	}
	return "", nil
}

// metaLeader returns the name of the leader that the server follows, "" if none. A
// member that has just recovered reports that it is current before it has a leader.
func (s *Server) metaLeader() string {
	info, err := s.ns.Jsz(nil)
	if err != nil || info.Meta == nil {
		return ""
	}
	return info.Meta.Leader
}
