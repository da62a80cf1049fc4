package kvsnapshot

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"
)

// chunkBucket is a bucket as the chunks of large states see it.
type chunkBucket struct{ *bucket }

// maxChunk is the size of a chunk, unless the limit of messages is smaller.
const maxChunk = 512 << 10

func (b chunkBucket) size() int { return min(b.limit(), maxChunk) }

// PutChunk writes the value of a key.
func (b chunkBucket) PutChunk(ctx context.Context, key string, value []byte) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	return b.kv.Put(ctx, key, value)
}

// GetChunk returns the value of a key.
func (b chunkBucket) GetChunk(ctx context.Context, key string) ([]byte, error) {
	e, err := b.get(ctx, key)
	return e.value, err
}

// removeSet removes the chunks of a set.
func (b chunkBucket) removeSet(ctx context.Context, name, set string) error {
	return b.remove(ctx, name+"."+set+".*", 0)
}

// removeBefore removes all chunks of a key that were written before a sequence.
func (b chunkBucket) removeBefore(ctx context.Context, name string, sequence uint64) error {
	return b.remove(ctx, name+".*.*", sequence)
}

func (b chunkBucket) remove(ctx context.Context, keys string, before uint64) error {
	ctx, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	which := []jetstream.StreamPurgeOpt{jetstream.WithPurgeSubject("$KV." + b.kv.Bucket() + "." + keys)}
	if before > 0 {
		which = append(which, jetstream.WithPurgeSequence(before))
	}
	return b.stream.Purge(ctx, which...)
}
