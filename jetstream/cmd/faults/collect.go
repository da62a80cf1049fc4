//go:build unix

package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/cluster"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// readTime is how long it may take to read the servers.
const readTime = 10 * time.Minute

// collect adds to the histories of runs on one cluster what each server holds of
// their streams. Any server with a replica may answer a direct get, so all routes
// are cut meanwhile: an answer then comes from the server that the client is
// connected to.
func collect(ctx context.Context, c *cluster.Cluster, runs map[*run]*history.History) error {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	leaders := make(map[*run]int)
	for r, h := range runs {
		if err := r.readSecond(ctx, h); err != nil {
			return err
		}
		info, err := r.awaitReplicas(ctx, r.stream)
		if err != nil {
			return err
		}
		leaders[r], _ = c.Find(info.Cluster.Leader)
		r.logf("%6.1fs  reading %d messages from each server", r.recorder.now().Seconds(), info.State.Last)
	}
	c.SetAllRoutes(cluster.Cut)
	defer c.SetAllRoutes(cluster.Pass)
	for r, h := range runs {
		if err := r.readServers(ctx, leaders[r], h); err != nil {
			return err
		}
		if tamper := r.options.control.tamper; tamper != nil {
			if err := tamper(h); err != nil {
				return fmt.Errorf("control %s: %w", r.options.control.name, err)
			}
		}
	}
	return nil
}

// readServers adds what each server holds. The messages of the leader are the log.
func (r *run) readServers(ctx context.Context, leader int, h *history.History) error {
	for i := range cluster.Size {
		n := r.cluster.Nodes[(leader+i)%cluster.Size]
		messages, err := n.Messages(ctx, r.stream)
		if err != nil {
			return fmt.Errorf("server %s: %w", n.Name, err)
		}
		replica := history.Replica{Node: n.Name}
		for _, m := range messages {
			seq, err := strconv.ParseUint(m.Header.Get("Nats-Sequence"), 10, 64)
			if err != nil {
				return fmt.Errorf("server %s: %w", n.Name, err)
			}
			for uint64(len(replica.Digests)) < seq-1 {
				replica.Digests = append(replica.Digests, 0)
			}
			replica.Digests = append(replica.Digests, messageDigest(m))
			if i == 0 {
				e, err := newEntry(seq, m)
				if err != nil {
					return err
				}
				h.Log = append(h.Log, e)
			}
		}
		h.Replicas = append(h.Replicas, replica)
	}
	return nil
}

// readSecond adds the log of the second store, if there is one.
func (r *run) readSecond(ctx context.Context, h *history.History) error {
	if h.Second == nil {
		return nil
	}
	stream := r.stream + secondSuffix
	info, err := r.awaitReplicas(ctx, stream)
	if err != nil {
		return err
	}
	leader, _ := r.cluster.Find(info.Cluster.Leader)
	messages, err := r.cluster.Nodes[leader].Messages(ctx, stream)
	if err != nil {
		return err
	}
	for _, m := range messages {
		seq, err := strconv.ParseUint(m.Header.Get("Nats-Sequence"), 10, 64)
		if err != nil {
			return err
		}
		e, err := newEntry(seq, m)
		if err != nil {
			return err
		}
		h.Second.Log = append(h.Second.Log, e)
	}
	return nil
}
