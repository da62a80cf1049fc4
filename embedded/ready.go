package embedded

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// readyTimeout bounds the wait for what a started server does in the
// background. Recovering its streams is not part of it.
const readyTimeout = 30 * time.Second

var errNotReady = errors.New("not ready")

// await asks until nothing is missing.
func await(what string, missing func() (string, error)) error {
	deadline := time.Now().Add(readyTimeout)
	for {
		lack, err := missing()
		if err != nil {
			return fmt.Errorf("embedded: start %s: %w", what, err)
		}
		if lack == "" {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("embedded: start %s: %w after %v: %s", what, errNotReady, readyTimeout, lack)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// missing is what the server still lacks to serve clients, "" if nothing, or
// an error if it never will.
func (s *Server) missing() (string, error) {
	if err := s.log.fatalErr(); err != nil {
		return "", err
	}
	// The least wait that is not none: the server then looks at its listeners
	// once.
	if !s.ns.ReadyForConnections(time.Millisecond) {
		return "not listening", nil
	}
	if !s.ns.JetStreamEnabled() {
		return "JetStream is not enabled", nil
	}
	return "", nil
}

// missing is what the members that run still lack to serve as one JetStream.
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
	// The leader places replicas on the peers that it has heard from.
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

// metaLeader is the name of the leader that the server follows, "" if none. A
// member that has just recovered takes itself for current before it has one.
func (s *Server) metaLeader() string {
	info, err := s.ns.Jsz(nil)
	if err != nil || info.Meta == nil {
		return ""
	}
	return info.Meta.Leader
}
