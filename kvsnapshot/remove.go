package kvsnapshot

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/core"
)

var _ core.RemovableSnapshots[string] = (*Store[string])(nil)

// RemoveSnapshots removes the snapshots of a key, of all schemas, with their chunks. It needs
// the right to "$JS.API.STREAM.PURGE.KV_<bucket>".
func (s *Store[ID]) RemoveSnapshots(ctx context.Context, key core.SnapshotKey[ID]) error {
	parts, err := newKeyParts(s.ids, key)
	name := parts.join("*")
	if err == nil {
		err = s.bucket.purge(ctx, name)
	}
	if err == nil {
		err = s.bucket.purge(ctx, name+".*.*")
	}
	if err != nil {
		return fmt.Errorf("remove snapshot %s: %w", name, causeOr(ctx, err))
	}
	return nil
}

// purge removes what is stored under some keys, so that not even a mark of a deletion
// stays.
func (b *bucket) purge(ctx context.Context, keys string) error {
	ctx, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	return b.stream.Purge(ctx, jetstream.WithPurgeSubject("$KV."+b.kv.Bucket()+"."+keys))
}
