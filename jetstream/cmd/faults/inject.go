//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
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

// backlog is how many inputs the worker has before it when it is cut off.
const backlog = 100

// cutOffWorker cuts the worker with effects that is active off from the servers, for
// longer than its lease lasts, while it has events in hand.
func cutOffWorker(ctx context.Context, t *target) error {
	c := t.clients.control
	op := fmt.Sprintf("%s-backlog-%d", c.name, c.recorder.now())
	position, err := core.CommitEvents(ctx, c, itemKey(op), inputs(op, backlog), core.NoMetadata{})
	if err != nil {
		return err
	}
	e := c.recorder.effects
	if !await(ctx, recoveryTime, func() bool { return e.last().Position+backlog > position }) {
		return errors.Join(errors.New("no worker reacts"), ctx.Err())
	}
	for _, w := range t.clients.workers {
		if w.name == e.last().Worker {
			w.line.SetMode(t.mode)
		}
	}
	return nil
}

// cutOffSnapshots lets no answer of the loaders' snapshot stores pass.
func cutOffSnapshots(_ context.Context, t *target) error {
	t.clients.snapshots.SetMode(cluster.Blackhole)
	return nil
}
