package main

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/codec/sealed"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/kvsnapshot"
)

// dropper removes the snapshots of aggregates of a kind. It is a repository as a Forgetter
// needs one, as far as there can be one without the type of the state.
type dropper struct {
	kind, storeID string
	snapshots     core.RemovableSnapshots[string]
	dropped       *int // how many aggregates
}

var _ sealed.Repository[string] = (*dropper)(nil)

// AggregateKind returns the kind of the aggregates.
func (d *dropper) AggregateKind() string { return d.kind }

// PayloadOf returns nil: the types of events only the application knows.
func (d *dropper) PayloadOf(string) reflect.Type { return nil }

// DropState removes the snapshots of an aggregate.
func (d *dropper) DropState(ctx context.Context, id string) error {
	*d.dropped++
	return d.snapshots.RemoveSnapshots(ctx, core.SnapshotKey[string]{Store: d.storeID, Role: core.AggregateSnapshot, Kind: d.kind, ID: id})
}

// UniqueEntries returns nothing: which values are unique only the application knows.
func (d *dropper) UniqueEntries(context.Context, string) ([]core.EntryKey, error) { return nil, nil }

// ReleaseStaleUnique does nothing.
func (d *dropper) ReleaseStaleUnique(context.Context, string, ...core.EntryKey) error { return nil }

// droppers returns one for each kind of aggregates; none where there is no bucket of snapshots.
func (p *program) droppers(ctx context.Context, nc *nats.Conn, l *rawlog.Log, bucket string, dropped *int) (all []sealed.Repository[string], err error) {
	snapshots, err := p.openSnapshots(ctx, nc, l, bucket)
	if snapshots == nil || err != nil {
		return nil, err
	}
	kinds, err := l.Kinds(ctx)
	if err != nil {
		return nil, err
	}
	for kind := range kinds {
		all = append(all, &dropper{kind: kind, storeID: l.StoreID(), snapshots: snapshots, dropped: dropped})
	}
	return all, nil
}

// openSnapshots opens a bucket of snapshots as it is; nil if there is none.
func (p *program) openSnapshots(ctx context.Context, nc *nats.Conn, l *rawlog.Log, bucket string) (*kvsnapshot.Store[string], error) {
	stream, err := l.JetStream().Stream(ctx, "KV_"+bucket)
	if errors.Is(err, natsjs.ErrStreamNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", bucket, err)
	}
	is := stream.CachedInfo().Config
	return kvsnapshot.Open[string](ctx, nc, kvsnapshot.Config{
		Bucket: bucket, LoadOnly: true, Domain: p.to.domain,
		Storage: kvsnapshot.Storage{TTL: is.MaxAge, Memory: is.Storage == natsjs.MemoryStorage},
	})
}
