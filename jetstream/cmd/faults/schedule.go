//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/cluster"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// healTime is how long it may take, after a fault has healed, until every client
// has a commit acknowledged.
const healTime = time.Minute

// schedule lets faults happen, one after the other, until the load is over.
func (r *run) schedule(ctx context.Context, rng *rand.Rand) error {
	d := &deck{rng: rng, kinds: r.options.kinds}
	r.waitForAll(ctx, 0)
	for r.goesOn(ctx) {
		wait(ctx, between(rng, second, 3*second))
		if len(d.kinds) == 0 || ctx.Err() != nil {
			continue
		}
		if err := r.fault(ctx, d.deal(), rng); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// goesOn reports whether the load is to go on: for the time it was given, and
// longer if it has not done by then what makes a test of it.
func (r *run) goesOn(ctx context.Context) bool {
	took := r.rec.now() - r.loadBegan
	enough := len(r.faults) >= r.options.minFaults && r.rec.commits() >= r.options.minCommits
	return ctx.Err() == nil && (took < r.options.length || !enough && took < 3*r.options.length+time.Minute)
}

// fault lets one fault happen, heals it, and waits until all go on.
func (r *run) fault(ctx context.Context, f fault, rng *rand.Rand) error {
	leader := r.leader(ctx)
	s := &strike{cluster: r.cluster, victim: leader, stream: r.stream, admin: r.admin, mode: cluster.Cut}
	if f.follower {
		s.victim = (leader + 1 + rng.IntN(cluster.Size-1)) % cluster.Size
	}
	if rng.IntN(2) == 0 {
		s.mode = cluster.Blackhole
	}
	hold := between(rng, f.least, f.most)
	h := history.Fault{Kind: f.kind, Node: s.node().Name, NoQuorum: f.noQuorum, Began: r.rec.now()}
	if err := f.strike(s); err != nil {
		return fmt.Errorf("%s: %w", f.kind, err)
	}
	wait(ctx, hold)
	if err := r.cluster.Heal(); err != nil {
		return fmt.Errorf("heal %s: %w", f.kind, err)
	}
	h.Healed = r.rec.now()
	h.Deadline = !r.waitForAll(ctx, h.Healed) && ctx.Err() == nil
	r.faults = append(r.faults, h)
	how := ""
	if f.network {
		how = ", " + s.mode.String()
	}
	r.logf("%6.1fs  %s (%s%s), healed after %v, all go on %v later", h.Began.Seconds(), f.kind, h.Node, how,
		(h.Healed - h.Began).Round(time.Millisecond), (r.rec.now() - h.Healed).Round(time.Millisecond))
	return nil
}

// waitForAll waits until each client had a commit acknowledged that it asked for
// after a time.
func (r *run) waitForAll(ctx context.Context, since time.Duration) bool {
	deadline := time.Now().Add(healTime)
	for !r.rec.allAckedSince(since, r.writers) {
		if ctx.Err() != nil || time.Now().After(deadline) {
			return false
		}
		wait(ctx, 10*time.Millisecond)
	}
	return true
}

// leader returns the server that leads the stream, or any if none says so in
// time.
func (r *run) leader(ctx context.Context) int {
	for deadline := time.Now().Add(opTime); ctx.Err() == nil && time.Now().Before(deadline); wait(ctx, 50*time.Millisecond) {
		info, err := r.info()
		if err != nil {
			continue
		}
		if at, ok := r.cluster.Find(info.Cluster.Leader); ok {
			return at
		}
	}
	return 0
}

// streamInfo is what the leader of the stream tells of it.
type streamInfo struct {
	Cluster struct {
		Leader   string
		Replicas []struct {
			Name    string
			Current bool
			Lag     uint64
		}
	}
	State struct {
		Last uint64 `json:"last_seq"`
	}
}

// info asks for it once.
func (r *run) info() (streamInfo, error) { return infoOf(r.admin, r.stream) }

func infoOf(nc *nats.Conn, stream string) (info streamInfo, err error) {
	m, err := nc.Request("$JS.API.STREAM.INFO."+stream, nil, second)
	if err == nil {
		err = json.Unmarshal(m.Data, &info)
	}
	return info, err
}

// wait waits for a while, or until ctx ends.
func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
