//go:build unix

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/cluster"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// recoveryTime is how long it may take after a fault has healed until every writer
// has an ack.
const recoveryTime = 2 * time.Minute

// injectFaults injects one fault after another until the load is over.
func (r *run) injectFaults(ctx context.Context, rng *rand.Rand) error {
	began := r.recorder.now()
	sequence := &faultSequence{rng: rng, kinds: r.options.load.faults}
	r.awaitAcks(ctx, 0)
	for ctx.Err() == nil && !r.isLoadOver(began) {
		if len(sequence.kinds) == 0 {
			sleep(ctx, 20*time.Millisecond)
			continue
		}
		if sleep(ctx, between(rng, time.Second, 3*time.Second)); ctx.Err() == nil {
			if err := r.injectFault(ctx, sequence.next(), rng); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// isLoadOver reports whether a load that began at some time of the run has lasted
// long enough and reached its goals, or has lasted too long.
func (r *run) isLoadOver(began time.Duration) bool {
	took, o := r.recorder.now()-began, r.options.load
	return took >= o.time && r.counts().reached(o.goals) || took >= o.maxTime()
}

// injectFault injects a fault, heals it, and waits until every writer has an ack.
func (r *run) injectFault(ctx context.Context, f fault, rng *rand.Rand) error {
	t := &target{cluster: r.cluster, disks: r.disks, node: r.leader(ctx), mode: cluster.Cut, stream: r.stream, admin: r.admin, clients: &r.participants}
	if f.follower {
		t.node = (t.node + 1 + rng.IntN(cluster.Size-1)) % cluster.Size
	}
	if f.anyNode {
		t.node = rng.IntN(cluster.Size)
	}
	if rng.IntN(2) == 0 {
		t.mode = cluster.Blackhole
	}
	downtime := between(rng, f.minTime, f.maxTime)
	h := history.Fault{Kind: f.kind, Node: t.server().Name, NoQuorum: f.noQuorum, Began: r.recorder.now()}
	if err := f.inject(ctx, t); err != nil {
		return fmt.Errorf("inject %s: %w", f.kind, err)
	}
	sleep(ctx, downtime)
	if err := r.heal(ctx); err != nil {
		return fmt.Errorf("heal %s: %w", f.kind, err)
	}
	h.Healed = r.recorder.now()
	h.TimedOut = !r.awaitAcks(ctx, h.Healed) && ctx.Err() == nil
	r.faults = append(r.faults, h)
	r.recorder.faultHealed()
	mode := ""
	if f.network {
		mode = ", " + t.mode.String()
	}
	r.logf("%6.1fs  %s (%s%s), healed after %v; every writer had an ack %v later", h.Began.Seconds(), f.kind, h.Node, mode,
		(h.Healed - h.Began).Round(time.Millisecond), (r.recorder.now() - h.Healed).Round(time.Millisecond))
	return nil
}

// heal undoes what faults have done to the cluster, to the clients' lines, and to the
// second store.
func (r *run) heal(ctx context.Context) error {
	if r.snapshots != nil {
		r.snapshots.SetMode(cluster.Pass)
	}
	for _, w := range r.workers {
		if w.line != nil {
			w.line.SetMode(cluster.Pass)
		}
	}
	if err := r.cluster.Heal(); err != nil || r.second == nil || !r.second.limited {
		return err
	}
	r.second.limited = false
	return limit(ctx, r.admin, r.stream+secondSuffix, unlimited)
}

// awaitAcks waits until every writer has an ack for a commit that it asked for
// after since.
func (r *run) awaitAcks(ctx context.Context, since time.Duration) bool {
	return await(ctx, recoveryTime, func() bool { return r.recorder.allAckedSince(since, r.writers) })
}
