//go:build unix

package main

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/cluster"
)

func (t *target) server() *cluster.Node { return t.cluster.Nodes[t.node] }

func kill(_ context.Context, t *target) error { return t.server().Kill() }

func killAll(_ context.Context, t *target) error { return t.cluster.KillAll() }

func pause(_ context.Context, t *target) error { return t.server().Pause() }

func stop(_ context.Context, t *target) error { return t.server().Stop() }

// isolate cuts a server off from the others, but not from its clients.
func isolate(_ context.Context, t *target) error {
	t.cluster.SetRoutes(t.node, t.mode)
	return nil
}

func isolateFromAll(_ context.Context, t *target) error {
	t.cluster.SetRoutes(t.node, t.mode)
	t.cluster.SetClients(t.node, t.mode)
	return nil
}

func cutAll(_ context.Context, t *target) error {
	t.cluster.SetAllRoutes(t.mode)
	return nil
}

func slow(_ context.Context, t *target) error {
	t.cluster.SetRoutes(t.node, cluster.Delay)
	return nil
}

func stepDown(_ context.Context, t *target) error {
	// The answer may be lost when the leader goes. It says nothing that matters.
	_, _ = t.admin.Request("$JS.API.STREAM.LEADER.STEPDOWN."+t.stream, nil, 2*time.Second)
	return nil
}

// electionTime is how long deposeTwo waits for another leader and for events that
// only the other leader has.
const electionTime = 20 * time.Second

// deposeTwo isolates the leader until there is a second one with events that the
// first lacks. Then it kills the second leader and lets the first one back: it
// has to drop what no other server has, and to take over from the third server
// what the second one acked. If there is no second leader in time, the fault is
// an isolation.
func deposeTwo(ctx context.Context, t *target) error {
	t.cluster.SetRoutes(t.node, t.mode)
	nc, err := nats.Connect(t.cluster.Nodes[(t.node+1)%cluster.Size].URL())
	if err != nil {
		return err
	}
	defer nc.Close()
	second, last := 0, uint64(0) // the second leader, and its last message when it was found
	if !await(ctx, electionTime, func() bool {
		info, err := requestInfo(nc, t.stream)
		node, found := t.cluster.Find(info.Cluster.Leader)
		if err != nil || !found || node == t.node {
			return false
		}
		second, last = node, info.State.Last
		return true
	}) {
		return ctx.Err()
	}
	if !await(ctx, electionTime, func() bool {
		info, err := requestInfo(nc, t.stream)
		return err == nil && info.State.Last > last
	}) {
		return ctx.Err()
	}
	err = t.cluster.Nodes[second].Kill()
	t.cluster.SetRoutes(t.node, cluster.Pass)
	return errors.Join(err, ctx.Err())
}
