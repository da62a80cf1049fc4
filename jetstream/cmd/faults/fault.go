//go:build unix

package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/cluster"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// fault is a kind of fault. The run's heal undoes it.
type fault struct {
	kind     string
	follower bool          // it hits a follower of the stream, not the leader
	network  bool          // it hits connections, in mode Cut or Blackhole
	anyNode  bool          // it hits any server
	power    bool          // it takes the power of a disk
	synced   bool          // only servers that sync always survive it without a loss
	noQuorum bool          // no commit can be acked before it heals
	minTime  time.Duration // until it heals
	maxTime  time.Duration
	inject   func(ctx context.Context, t *target) error
}

// target is what a fault hits.
type target struct {
	cluster *cluster.Cluster
	disks   *disks // nil unless a fault takes their power
	node    int
	mode    cluster.Mode // of a fault of connections
	stream  string
	admin   *nats.Conn
	clients *participants
}

// faults are all kinds of faults. A paused or isolated leader is kept so long that
// the others elect another one.
var faults = []fault{
	{kind: "kill leader", minTime: time.Second, maxTime: 6 * time.Second, inject: kill},
	{kind: "kill follower", follower: true, minTime: time.Second, maxTime: 6 * time.Second, inject: kill},
	{kind: "kill all", noQuorum: true, maxTime: time.Second, inject: killAll},
	{kind: "kill all for long", noQuorum: true, minTime: 12 * time.Second, maxTime: 14 * time.Second, inject: killAll},
	{kind: "pause leader", minTime: 8 * time.Second, maxTime: 8 * time.Second, inject: pause},
	{kind: "isolate leader from servers", network: true, minTime: 11 * time.Second, maxTime: 16 * time.Second, inject: isolate},
	{kind: "isolate leader", network: true, minTime: 11 * time.Second, maxTime: 16 * time.Second, inject: isolateFromAll},
	{kind: "isolate follower", network: true, follower: true, minTime: 5 * time.Second, maxTime: 10 * time.Second, inject: isolate},
	{kind: "depose two leaders", network: true, minTime: 5 * time.Second, maxTime: 10 * time.Second, inject: deposeTwo},
	{kind: "cut all routes", network: true, noQuorum: true, minTime: 3 * time.Second, maxTime: 12 * time.Second, inject: cutAll},
	{kind: "slow leader", minTime: 2 * time.Second, maxTime: 5 * time.Second, inject: slow},
	{kind: "restart leader", inject: stop},
	{kind: "restart follower", follower: true, maxTime: 2 * time.Second, inject: stop},
	{kind: "leader steps down", inject: stepDown},
	{kind: "cut off worker", network: true, minTime: 6 * time.Second, maxTime: 10 * time.Second, inject: cutOffWorker},
	{kind: history.SnapshotsAway, minTime: 3 * time.Second, maxTime: 8 * time.Second, inject: cutOffSnapshots},
	{kind: "full", minTime: time.Second, maxTime: 4 * time.Second, inject: fill},
	{kind: "power loss", power: true, synced: true, noQuorum: true, maxTime: time.Second, inject: losePower},
	{kind: "power loss of one", power: true, anyNode: true, maxTime: 6 * time.Second, inject: losePowerOfOne},
}

// faultSequence returns faults in an order that the seed decides: each kind once,
// then each kind again.
type faultSequence struct {
	rng   *rand.Rand
	kinds []fault
	left  []fault
}

func (s *faultSequence) next() fault {
	if len(s.left) == 0 {
		s.left = slices.Clone(s.kinds)
		s.rng.Shuffle(len(s.left), func(i, j int) { s.left[i], s.left[j] = s.left[j], s.left[i] })
	}
	f := s.left[0]
	s.left = s.left[1:]
	return f
}

// between returns a random duration from least to most.
func between(rng *rand.Rand, least, most time.Duration) time.Duration {
	if most <= least {
		return least
	}
	return least + time.Duration(rng.Int64N(int64(most-least)))
}
