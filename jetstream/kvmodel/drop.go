package kvmodel

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/core/readmodel"
)

// Drop removes a layout: first its progress, so that its runner ends. What another runner
// writes after it has created progress again stays.
func (t *Target) Drop(ctx context.Context, layout readmodel.Layout) error {
	serving, err := t.Promoted(ctx, layout.Model)
	if err != nil {
		return err
	}
	if serving == layout.Version {
		return fmt.Errorf("read model %v: %w", layout, readmodel.ErrServing)
	}
	stream, err := t.stream(ctx)
	if err != nil {
		return err
	}
	t.seen.Delete(layout)
	for _, keys := range []string{progressKey(layout), parkedPrefix(layout) + ">"} {
		if err := t.purge(ctx, stream, keys, stream.CachedInfo().State.LastSeq+1); err != nil {
			return err
		}
	}
	info, err := stream.Info(ctx) // the runner may have written rows since
	if err != nil {
		return err
	}
	_, revision, err := t.progress(ctx, layout)
	if err != nil || revision > 0 {
		return err // the runner that has created progress again has removed the older rows
	}
	return t.purge(ctx, stream, rowPrefix(layout)+">", info.State.LastSeq+1)
}

// stream is what the bucket is kept in.
func (t *Target) stream(ctx context.Context) (jetstream.Stream, error) {
	return t.js.Stream(ctx, "KV_"+t.kv.Bucket())
}

// purge removes what was written to some keys before a revision: a request that arrives
// late removes nothing else.
func (t *Target) purge(ctx context.Context, stream jetstream.Stream, keys string, before uint64) error {
	return stream.Purge(ctx, jetstream.WithPurgeSubject(t.subject(keys)), jetstream.WithPurgeSequence(before))
}
