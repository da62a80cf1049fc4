package jetstream

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/core/reactor"
)

// LeaseConfig says where leases are kept. The zero LeaseConfig is good for most.
type LeaseConfig struct {
	// Bucket is the key-value bucket, created if it does not exist. Default
	// "LEASES".
	Bucket string

	// TTL is how long a holder may be silent before another takes over. Default
	// 3 s. The one that waits measures it by its own clock, from when it last saw
	// the lease renewed, so clocks need not agree.
	TTL time.Duration

	// Replicas is how many servers hold the bucket, if it is created. Default 1.
	Replicas int

	// Domain is the JetStream domain, for a server reached through a leaf node or
	// an import. Default none.
	Domain string

	// Logger receives each lease that is acquired, and a bucket that cannot be read.
	// Default [slog.Default].
	Logger *slog.Logger
}

// Leases are in a key-value bucket: the [reactor.Leases] of the workers of a reactor, and by
// [Leases.Hold] those of anything else of which one process has to be the only one.
type Leases struct {
	js  jetstream.JetStream
	kv  jetstream.KeyValue
	cfg LeaseConfig
}

var _ reactor.Leases = (*Leases)(nil)

// OpenLeases returns the leases of a bucket, which it creates if there is none. It tries for ten
// seconds at most. A negative TTL is a [ConfigError].
func OpenLeases(ctx context.Context, nc *nats.Conn, cfg LeaseConfig) (*Leases, error) {
	if cfg.Bucket == "" {
		cfg.Bucket = "LEASES"
	}
	if cfg.TTL == 0 {
		cfg.TTL = 3 * time.Second
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.TTL < 0 {
		return nil, &ConfigError{Problems: []string{"TTL is negative"}}
	}
	js, err := newJetStream(nc, cfg.Domain)
	if err != nil {
		return nil, err
	}
	kv, err := openBucket(ctx, js, cfg)
	if err != nil {
		return nil, err
	}
	return &Leases{js: js, kv: kv, cfg: cfg}, nil
}

// leasesWait bounds [OpenLeases], whose requests are sent again while they are not
// answered.
const leasesWait = 10 * time.Second

// openBucket finds or creates the bucket.
func openBucket(ctx context.Context, js jetstream.JetStream, cfg LeaseConfig) (jetstream.KeyValue, error) {
	bounded, cancel := context.WithTimeout(ctx, leasesWait)
	defer cancel()
	for {
		kv, err := tryOpenBucket(bounded, js, cfg)
		switch {
		case errors.Is(err, jetstream.ErrBucketExists), errors.Is(err, context.DeadlineExceeded) && bounded.Err() == nil:
			continue
		case err != nil && ctx.Err() != nil:
			return nil, context.Cause(ctx)
		}
		return kv, err
	}
}

// tryOpenBucket is one attempt of openBucket.
func tryOpenBucket(ctx context.Context, js jetstream.JetStream, cfg LeaseConfig) (jetstream.KeyValue, error) {
	ctx, cancel := context.WithTimeout(ctx, openWait)
	defer cancel()
	kv, err := js.KeyValue(ctx, cfg.Bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		kv, err = js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: cfg.Bucket, History: 1, Replicas: max(cfg.Replicas, 1)})
	}
	return kv, err
}

// Hold waits for the lease of name, and runs fn while it has it. A holder that
// is cut off stops fn before another can take over, if its process runs at all;
// one that was paused notices when it wakes up.
//
// Hold gives the lease back and returns the error of fn, or [reactor.ErrLeaseLost] if fn
// returned none and the lease was lost; or the cause of ctx, if ctx ends before it has the
// lease. The name is as in [Leases.ReadLease].
func (l *Leases) Hold(ctx context.Context, name string, fn func(context.Context) error) error {
	key, err := leaseKey(name)
	if err != nil {
		return err
	}
	h := &holder{leases: l, key: key, token: rand.Text()}
	if err := h.acquire(ctx); err != nil {
		return err
	}
	l.cfg.Logger.InfoContext(ctx, "lease acquired", "lease", name)
	defer h.release(ctx)
	held := h.hold(ctx)
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		h.renew(held)
	}()
	defer func() { // also when fn panics: the lease is not renewed after its release
		held.end(nil)
		<-renewed
	}()
	err = fn(held)
	if lost := context.Cause(held); lost != nil && ctx.Err() == nil {
		l.cfg.Logger.WarnContext(ctx, "lease lost", "lease", name, "reason", lost)
		if err == nil {
			err = fmt.Errorf("lease %s: %w: %w", name, reactor.ErrLeaseLost, lost)
		}
	}
	return err
}
