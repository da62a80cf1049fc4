//go:build unix

package main

import (
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/cluster"
)

// fault is something that can be done to a cluster. What it breaks, Heal of the
// cluster mends.
type fault struct {
	kind     string
	follower bool          // its victim is not the leader of the stream
	noQuorum bool          // nothing can be acknowledged before it heals
	network  bool          // it is done to connections, in one of two modes
	least    time.Duration // before it heals
	most     time.Duration
	strike   func(s *strike) error
}

// strike is one fault as it happens.
type strike struct {
	cluster *cluster.Cluster
	victim  int
	mode    cluster.Mode // Cut or Blackhole, for faults that can be either
	stream  string
	admin   *nats.Conn
}

const second = time.Second

// faults are all kinds there are.
var faults = []fault{
	{kind: "kill leader", least: second, most: 6 * second, strike: kill},
	{kind: "kill follower", follower: true, least: second, most: 6 * second, strike: kill},
	{kind: "kill all", noQuorum: true, most: second, strike: killAll},
	{kind: "pause leader", least: 8 * second, most: 8 * second, strike: func(s *strike) error { return s.node().Pause() }},
	{kind: "isolate leader from servers", network: true, least: 11 * second, most: 16 * second, strike: isolate},
	{kind: "isolate leader", network: true, least: 11 * second, most: 16 * second, strike: isolateFromAll},
	{kind: "isolate follower", network: true, follower: true, least: 5 * second, most: 10 * second, strike: isolate},
	{kind: "depose two leaders", network: true, least: 5 * second, most: 10 * second, strike: deposeTwo},
	{kind: "cut all routes", network: true, noQuorum: true, least: 3 * second, most: 12 * second, strike: cutAll},
	{kind: "slow leader", least: 2 * second, most: 5 * second, strike: slow},
	{kind: "restart leader", strike: stop},
	{kind: "restart follower", follower: true, most: 2 * second, strike: stop},
	{kind: "leader steps down", strike: stepDown},
}

func (s *strike) node() *cluster.Node { return s.cluster.Nodes[s.victim] }

func kill(s *strike) error { return s.node().Kill() }

func stop(s *strike) error { return s.node().Stop() }

func killAll(s *strike) error {
	var errs [cluster.Size]error
	var all sync.WaitGroup
	for i, n := range s.cluster.Nodes {
		all.Go(func() { errs[i] = n.Kill() })
	}
	all.Wait()
	return errors.Join(errs[:]...)
}

func isolate(s *strike) error {
	s.cluster.SetRoutes(s.victim, s.mode)
	return nil
}

func isolateFromAll(s *strike) error {
	s.cluster.SetRoutes(s.victim, s.mode)
	s.cluster.SetClients(s.victim, s.mode)
	return nil
}

// deposeTwo isolates the leader until there is another, kills that one, and lets
// the first one back: it must give up what it holds and nobody else does, and
// what the second one acknowledged must come from the third.
func deposeTwo(s *strike) error {
	s.cluster.SetRoutes(s.victim, s.mode)
	nc, err := nats.Connect(s.cluster.Nodes[(s.victim+1)%cluster.Size].URL())
	if err != nil {
		return err
	}
	defer nc.Close()
	for deadline := time.Now().Add(15 * second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		info, err := infoOf(nc, s.stream)
		if err != nil {
			continue
		}
		if at, ok := s.cluster.Find(info.Cluster.Leader); ok && at != s.victim {
			time.Sleep(second) // it is to have something that the first one lacks
			err := s.cluster.Nodes[at].Kill()
			s.cluster.SetRoutes(s.victim, cluster.Pass)
			return err
		}
	}
	return nil // there was no second one; it heals as another isolation does
}

func cutAll(s *strike) error {
	for i := range s.cluster.Nodes {
		s.cluster.SetRoutes(i, s.mode)
	}
	return nil
}

func slow(s *strike) error {
	s.cluster.SetRoutes(s.victim, cluster.Delay)
	return nil
}

func stepDown(s *strike) error {
	// An answer may be lost on the way, which is no matter.
	_, _ = s.admin.Request("$JS.API.STREAM.LEADER.STEPDOWN."+s.stream, nil, 2*second)
	return nil
}

// deck deals faults in an order that a seed decides: all kinds once, then again.
type deck struct {
	rng   *rand.Rand
	kinds []fault
	left  []fault
}

func (d *deck) deal() fault {
	if len(d.left) == 0 {
		d.left = slices.Clone(d.kinds)
		d.rng.Shuffle(len(d.left), func(i, j int) { d.left[i], d.left[j] = d.left[j], d.left[i] })
	}
	f := d.left[0]
	d.left = d.left[1:]
	return f
}

// between returns a time between two.
func between(rng *rand.Rand, least, most time.Duration) time.Duration {
	if most <= least {
		return least
	}
	return least + time.Duration(rng.Int64N(int64(most-least)))
}
