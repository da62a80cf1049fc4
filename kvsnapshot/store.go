package kvsnapshot

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
)

// Store keeps snapshots in one bucket. It is safe for concurrent use, several
// programs may open the same bucket, and there is nothing to close.
type Store[ID comparable] struct {
	cfg        Config
	bucket     *bucket
	chunks     chunkBucket
	ids        *codec.IDs[ID]
	codecs     codec.Set
	compressor *compressor
}

var _ core.SnapshotStore[string, uint64] = (*Store[string])(nil)

// Open returns the store that cfg describes, and creates its bucket if there is
// none. It never changes a bucket that exists.
//
// ID is a string type, or a type that marshals to and from text. The caller
// keeps the connection, and may use it for the event store as well.
//
// Open returns a [ConfigError] or a [codec.IDTypeError] for a mistake in the
// program, [ErrNoJetStream] for a server without JetStream, and a [BucketError]
// for a bucket that exists with other settings.
func Open[ID comparable](ctx context.Context, nc *nats.Conn, cfg Config) (*Store[ID], error) {
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	ids, err := codec.NewIDs[ID]()
	if err != nil {
		return nil, err
	}
	compressor, err := newCompressor()
	if err != nil {
		return nil, err
	}
	bounded, cancel := context.WithTimeout(ctx, cfg.Timeout)
	defer cancel()
	b, err := openBucket(bounded, nc, cfg)
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", cfg.Bucket, causeOr(ctx, err))
	}
	return &Store[ID]{cfg: cfg, bucket: b, chunks: chunkBucket{b}, ids: ids, codecs: codec.Set{cfg.Codec}, compressor: compressor}, nil
}

// SnapshotPolicy returns the policy of the store; never if it is LoadOnly.
func (s *Store[ID]) SnapshotPolicy() core.SnapshotPolicy { return s.cfg.Policy }

// causeOr returns the cause of ctx if it has ended, and err otherwise.
func causeOr(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
