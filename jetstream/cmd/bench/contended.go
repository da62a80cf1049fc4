package main

import (
	"context"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/kvsnapshot"
)

// unlimited is more retries than any command here needs.
const unlimited = 1 << 20

// contendedUpdates compares writers that update one aggregate, with a snapshot
// each ten events, with writers that read the last sequence and publish on it.
func contendedUpdates(d *deployment, writers int) comparison {
	name := "update of one aggregate by " + count(writers, "writer") + ", with retries"
	against := "get the last, publish on it, with retries"
	return comparison{name: name, against: against, unit: perSecond, setup: func(ctx context.Context) (pair, error) {
		s, r, err := d.newStoreAndRawClient(ctx)
		if err != nil {
			return pair{}, err
		}
		bucket := fmt.Sprint("COUNTERS", writers)
		snapshots, err := kvsnapshot.Open[string](ctx, d.conns[0], kvsnapshot.Config{Bucket: bucket, Policy: core.SnapshotEvery(10)})
		if err != nil {
			return pair{}, err
		}
		repo := newRepository(s).WithSnapshots(snapshots).WithRetries(unlimited)
		stream, err := r.js.Stream(ctx, r.stream)
		return pair{
			library: concurrent(writers, func(ctx context.Context) error {
				_, err := repo.Upsert(ctx, "counter", record(event))
				return err
			}),
			baseline: concurrent(writers, func(ctx context.Context) error { return r.increment(ctx, stream, "counter") }),
		}, err
	}}
}
