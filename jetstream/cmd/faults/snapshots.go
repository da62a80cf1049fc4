//go:build unix

package main

import (
	"context"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/kvsnapshot"
)

// countedSnapshots counts the snapshots that are loaded and stored.
type countedSnapshots struct {
	core.SnapshotStore[string, uint64]

	recorder *recorder
}

// openSnapshots opens the bucket of snapshots. A snapshot is taken each ten events.
func (r *run) openSnapshots(ctx context.Context, nc *nats.Conn, rec *recorder) (*countedSnapshots, error) {
	s, err := retryOpen(ctx, func(ctx context.Context) (*kvsnapshot.Store[string], error) {
		cfg := kvsnapshot.Config{Bucket: "SNAPSHOTS-" + r.stream, Policy: core.SnapshotEvery(10), Storage: kvsnapshot.Storage{Replicas: r.options.load.size.bucketReplicas}}
		return kvsnapshot.Open[string](ctx, nc, cfg)
	})
	return &countedSnapshots{SnapshotStore: s, recorder: rec}, err
}

// LoadSnapshot loads a snapshot and counts it if there is one.
func (c *countedSnapshots) LoadSnapshot(ctx context.Context, k core.SnapshotKey[string], state any) (core.Snapshot[uint64], bool, error) {
	s, ok, err := c.SnapshotStore.LoadSnapshot(ctx, k, state)
	if ok {
		c.recorder.snapshotLoaded()
	}
	return s, ok, err
}

// OfferSnapshot offers a snapshot and counts it if it is stored.
func (c *countedSnapshots) OfferSnapshot(ctx context.Context, k core.SnapshotKey[string], age core.SnapshotAge, create func() (core.Snapshot[uint64], error)) (core.SnapshotOffer, error) {
	offer, err := c.SnapshotStore.OfferSnapshot(ctx, k, age, create)
	if offer == core.Stored {
		c.recorder.snapshotStored()
	}
	return offer, err
}
