package kvsnapshot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// bucket keeps values under legal keys.
type bucket struct {
	nc         *nats.Conn
	kv         jetstream.KeyValue
	stream     jetstream.Stream // of kv
	maxMessage int              // bytes of header and value; 0 if the bucket has no limit
	timeout    time.Duration    // of each request
}

// openBucket returns the bucket of cfg, after it has checked its settings. If
// there is none, it creates it.
func openBucket(ctx context.Context, nc *nats.Conn, cfg Config) (*bucket, error) {
	js, err := jetstream.New(nc)
	if cfg.Domain != "" {
		js, err = jetstream.NewWithDomain(nc, cfg.Domain)
	}
	if err != nil {
		return nil, err
	}
	for {
		stream, err := js.Stream(ctx, "KV_"+cfg.Bucket)
		switch {
		case err == nil:
			info := stream.CachedInfo()
			if err := checkBucket(info.Config, cfg); err != nil {
				return nil, err
			}
			kv, err := js.KeyValue(ctx, cfg.Bucket)
			return &bucket{nc: nc, kv: kv, stream: stream, maxMessage: int(max(info.Config.MaxMsgSize, 0)), timeout: cfg.Timeout}, err
		case noJetStream(err):
			return nil, fmt.Errorf("%w: %w", ErrNoJetStream, err)
		case !errors.Is(err, jetstream.ErrStreamNotFound):
			return nil, err
		}
		_, err = js.CreateKeyValue(ctx, bucketConfig(cfg))
		// The next turn checks the bucket, which another program may have created.
		if err != nil && !errors.Is(err, jetstream.ErrBucketExists) {
			return nil, err
		}
	}
}

func noJetStream(err error) bool {
	return errors.Is(err, jetstream.ErrJetStreamNotEnabled) || errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount) || errors.Is(err, nats.ErrNoResponders)
}

func bucketConfig(cfg Config) jetstream.KeyValueConfig {
	kc := jetstream.KeyValueConfig{
		Bucket:      cfg.Bucket,
		Description: "snapshots, which can be made again from the events",
		History:     1,
		TTL:         cfg.Storage.TTL,
		MaxBytes:    cfg.Storage.MaxBytes,
		Replicas:    max(cfg.Storage.Replicas, 1),
	}
	if cfg.Storage.Memory {
		kc.Storage = jetstream.MemoryStorage
	}
	return kc
}

// checkBucket returns a [BucketError] with every setting of the bucket's stream
// that keeps it from holding the latest snapshot of each key as cfg says.
func checkBucket(c jetstream.StreamConfig, cfg Config) error {
	var fields []FieldError
	must := func(ok bool, field string, got, want any) {
		if !ok {
			fields = append(fields, FieldError{field, fmt.Sprint(got), fmt.Sprint(want)})
		}
	}
	subjects := []string{"$KV." + cfg.Bucket + ".>"}
	must(slices.Equal(c.Subjects, subjects), "subjects", c.Subjects, subjects)
	must(c.Storage == jetstream.FileStorage || cfg.Storage.Memory, "storage", c.Storage, jetstream.FileStorage)
	must(c.Retention == jetstream.LimitsPolicy, "retention", c.Retention, jetstream.LimitsPolicy)
	must(c.MaxMsgsPerSubject == 1, "max_msgs_per_subject", c.MaxMsgsPerSubject, 1)
	must(c.MaxAge == cfg.Storage.TTL, "max_age", c.MaxAge, cfg.Storage.TTL)
	must(c.Replicas >= cfg.Storage.Replicas, "num_replicas", c.Replicas, fmt.Sprintf("%d or more", cfg.Storage.Replicas))
	must(c.AllowDirect, "allow_direct", false, true)
	must(!c.NoAck, "no_ack", true, false)
	must(!c.Sealed, "sealed", true, false)
	must(c.Mirror == nil, "mirror", "set", "none")
	must(len(c.Sources) == 0, "sources", len(c.Sources), "none")
	must(c.SubjectTransform == nil, "subject_transform", "set", "none")
	if fields != nil {
		return &BucketError{Bucket: cfg.Bucket, Fields: fields}
	}
	return nil
}
