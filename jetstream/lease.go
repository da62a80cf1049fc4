package jetstream

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core/reactor"
)

// LeaseConfig says where leases are kept. The zero LeaseConfig is good for most.
type LeaseConfig struct {
	// Bucket is the key-value bucket, created if it does not exist. Default
	// "LEASES".
	Bucket string

	// TTL is how long a holder may be silent before another takes over. Default
	// 3 s. It is measured by the clock of the one who waits, from when it last saw
	// a sign of life, so clocks need not agree.
	TTL time.Duration

	// Replicas is how many servers hold the bucket, if it is created. Default 1.
	Replicas int

	// Domain is the JetStream domain, for a server reached through a leaf node or
	// an import. Default none.
	Domain string

	// Logger is told who takes over, and of a bucket that cannot be read. Default [slog.Default].
	Logger *slog.Logger
}

// Leases are a [reactor.Lease] in a key-value bucket.
type Leases struct {
	kv  jetstream.KeyValue
	cfg LeaseConfig
}

var _ reactor.Lease = (*Leases)(nil)

// OpenLeases returns the leases of a bucket.
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
	kv, err := js.KeyValue(ctx, cfg.Bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		kv, err = js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: cfg.Bucket, History: 1, Replicas: max(cfg.Replicas, 1)})
		if errors.Is(err, jetstream.ErrBucketExists) {
			kv, err = js.KeyValue(ctx, cfg.Bucket)
		}
	}
	if err != nil {
		return nil, err
	}
	return &Leases{kv: kv, cfg: cfg}, nil
}

// Hold waits for the lease of name, and runs fn while it has it. A holder that
// is cut off stops fn before another can take over, if its process runs at all;
// one that was paused notices when it wakes up.
func (l *Leases) Hold(ctx context.Context, name string, fn func(context.Context) error) error {
	key, err := codec.EncodeToken(name)
	if err != nil {
		return err
	}
	h := &holder{leases: l, key: key, token: rand.Text()}
	if err := h.acquire(ctx); err != nil {
		return err
	}
	l.cfg.Logger.InfoContext(ctx, "lease acquired", "lease", name)
	defer h.release(ctx)
	held, cancel := context.WithCancelCause(ctx)
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		h.renew(held, cancel)
	}()
	err = fn(held)
	cancel(nil)
	<-renewed
	return err
}

// holder is one who holds a lease, or waits for it.
type holder struct {
	leases   *Leases
	key      string
	token    string // of this holder alone
	revision uint64 // of the entry that this holder wrote
}

// free is the value of a lease that was given back.
const free = ""

// acquire waits until the lease is to be had.
func (h *holder) acquire(ctx context.Context) error {
	ttl := h.leases.cfg.TTL
	var seen uint64
	since := time.Now()
	failing := false
	for {
		entry, err := h.leases.kv.Get(ctx, h.key)
		failed := err != nil && !errors.Is(err, jetstream.ErrKeyNotFound) && ctx.Err() == nil
		if failed && !failing {
			h.leases.cfg.Logger.WarnContext(ctx, "lease cannot be read, waiting", "key", h.key, "error", err)
		}
		failing = failed
		switch {
		case errors.Is(err, jetstream.ErrKeyNotFound):
			if h.take(ctx, 0) {
				return nil
			}
		case err == nil && (string(entry.Value()) == free || entry.Revision() == seen && time.Since(since) > ttl):
			if h.take(ctx, entry.Revision()) {
				return nil
			}
		case err == nil && entry.Revision() != seen:
			seen, since = entry.Revision(), time.Now()
		}
		if err := sleep(ctx, ttl/10, nil); err != nil {
			return err
		}
	}
}

// take writes the holder's token in place of a revision; 0 for none.
func (h *holder) take(ctx context.Context, over uint64) bool {
	ctx, cancel := context.WithTimeout(ctx, h.leases.cfg.TTL/3)
	defer cancel()
	var err error
	if over == 0 {
		h.revision, err = h.leases.kv.Create(ctx, h.key, []byte(h.token))
	} else {
		h.revision, err = h.leases.kv.Update(ctx, h.key, []byte(h.token), over)
	}
	return err == nil
}

// renew gives signs of life until ctx ends, and ends it when the lease is lost.
func (h *holder) renew(ctx context.Context, lost context.CancelCauseFunc) {
	ttl := h.leases.cfg.TTL
	last := time.Now()
	for sleep(ctx, ttl/6, nil) == nil {
		sent := time.Now()
		switch {
		case h.take(ctx, h.revision):
			last = sent
		case ctx.Err() != nil:
			return
		case h.another(ctx):
			lost(reactor.ErrFenced)
			return
		}
		// Who waits counts from a later moment than this one.
		if time.Since(last) > ttl*2/3 {
			lost(context.DeadlineExceeded)
			return
		}
	}
}

// another reports whether somebody else has the lease. A renewal whose answer was
// lost is found to be the holder's own.
func (h *holder) another(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, h.leases.cfg.TTL/3)
	defer cancel()
	entry, err := h.leases.kv.Get(ctx, h.key)
	if err != nil {
		return errors.Is(err, jetstream.ErrKeyNotFound)
	}
	if string(entry.Value()) == h.token {
		h.revision = max(h.revision, entry.Revision())
		return false
	}
	// On a replicated bucket the answer may be an old one.
	return entry.Revision() > h.revision
}

// release gives the lease back, so that nobody has to wait for it.
func (h *holder) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if _, err := h.leases.kv.Update(ctx, h.key, []byte(free), h.revision); err != nil {
		h.leases.cfg.Logger.DebugContext(ctx, "lease not given back", "key", h.key, "error", err)
	}
}
