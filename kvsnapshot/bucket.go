package kvsnapshot

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// bucket is where values are kept, under keys that are legal.
type bucket struct {
	nc         *nats.Conn
	kv         jetstream.KeyValue
	maxMessage int // bytes of header and value; 0 for no limit of the bucket's own
}

// openBucket adopts the bucket if it exists and is as it must be, and creates it
// if it does not exist.
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
			return &bucket{nc: nc, kv: kv, maxMessage: int(max(info.Config.MaxMsgSize, 0))}, err
		case noJetStream(err):
			return nil, fmt.Errorf("%w: %w", ErrNoJetStream, err)
		case !errors.Is(err, jetstream.ErrStreamNotFound):
			return nil, err
		}
		_, err = js.CreateKeyValue(ctx, bucketConfig(cfg))
		// Whoever created it, it is looked at as one that existed.
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
		Description: "snapshots, which the events can replace",
		History:     1,
		TTL:         cfg.TTL,
		MaxBytes:    cfg.MaxBytes,
		Replicas:    max(cfg.Replicas, 1),
	}
	if cfg.Memory {
		kc.Storage = jetstream.MemoryStorage
	}
	return kc
}

// checkBucket returns a [BucketError] with every setting by which the bucket
// would not keep the latest snapshot of each key for as long as was asked for.
func checkBucket(c jetstream.StreamConfig, cfg Config) error {
	var fields []FieldError
	must := func(ok bool, field string, got, want any) {
		if !ok {
			fields = append(fields, FieldError{field, fmt.Sprint(got), fmt.Sprint(want)})
		}
	}
	subjects := []string{"$KV." + cfg.Bucket + ".>"}
	must(slices.Equal(c.Subjects, subjects), "subjects", c.Subjects, subjects)
	must(c.Storage == jetstream.FileStorage || cfg.Memory, "storage", c.Storage, jetstream.FileStorage)
	must(c.Retention == jetstream.LimitsPolicy, "retention", c.Retention, jetstream.LimitsPolicy)
	must(c.MaxMsgsPerSubject == 1, "max_msgs_per_subject", c.MaxMsgsPerSubject, 1)
	must(c.MaxAge == cfg.TTL, "max_age", c.MaxAge, cfg.TTL)
	must(c.Replicas >= cfg.Replicas, "num_replicas", c.Replicas, fmt.Sprintf("%d or more", cfg.Replicas))
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

// entry is a value of the bucket; its revision is 0 if there is none.
type entry struct {
	value    []byte
	revision uint64
}

// get reads a value. Where the bucket is replicated, any replica answers, and
// may lag: what it then has is an older snapshot, which is as right as a newer.
func (b *bucket) get(ctx context.Context, key string) (entry, error) {
	e, err := b.kv.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return entry{}, nil
	}
	if err != nil {
		return entry{}, err
	}
	return entry{e.Value(), e.Revision()}, nil
}

// put writes a value if the last one is still at revision; false if it is not.
func (b *bucket) put(ctx context.Context, key string, value []byte, revision uint64) (bool, error) {
	var err error
	if revision == 0 {
		_, err = b.kv.Create(ctx, key, value) // which also takes the place of one that was deleted
	} else {
		_, err = b.kv.Update(ctx, key, value, revision)
	}
	var api *jetstream.APIError
	if errors.As(err, &api) && (api.ErrorCode == codeWrongLast || api.ErrorCode == codeInFlight) {
		return false, nil
	}
	return err == nil, err
}

// The error codes of JetStream that mean that somebody else writes the key.
const (
	codeWrongLast = 10071
	codeInFlight  = 10164 // replicated: the other write is still under way
)

// headerRoom is what the headers of a write take of a message, at most.
const headerRoom = 128

// limit returns how large a value may be.
func (b *bucket) limit() int {
	limit := int(b.nc.MaxPayload())
	if b.maxMessage > 0 {
		limit = min(limit, b.maxMessage)
	}
	return limit - headerRoom
}
