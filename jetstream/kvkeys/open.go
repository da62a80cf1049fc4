package kvkeys

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Open returns the store that cfg describes, and creates its bucket if there is none. It
// never changes a bucket that exists. The caller keeps the connection. It returns a
// [ConfigError] for a mistake in the program, and a [BucketError] for a bucket that exists
// with other settings.
func Open(ctx context.Context, nc *nats.Conn, cfg Config) (*Store, error) {
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.Timeout)
	defer cancel()
	js, err := jetstream.New(nc)
	if cfg.Domain != "" {
		js, err = jetstream.NewWithDomain(nc, cfg.Domain)
	}
	if err != nil {
		return nil, err
	}
	stream, err := findStream(ctx, js, cfg)
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", cfg.Bucket, err)
	}
	return &Store{js, stream, "$KV." + cfg.Bucket + "."}, nil
}

func findStream(ctx context.Context, js jetstream.JetStream, cfg Config) (jetstream.Stream, error) {
	want := cfg.stream()
	for {
		stream, err := js.Stream(ctx, want.Name)
		if err == nil {
			return stream, checkStream(stream.CachedInfo().Config, cfg)
		}
		if !errors.Is(err, jetstream.ErrStreamNotFound) {
			return nil, err
		}
		if cfg.MustExist {
			return nil, ErrNoBucket
		}
		// The next turn checks the stream, which another program may have created.
		if _, err := js.CreateStream(ctx, want); err != nil && !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			return nil, err
		}
	}
}
