package jetstream

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/jetstream/internal/conn"
)

// holder holds a lease, or waits for it.
type holder struct {
	leases   *Leases
	key      string
	token    string // of this holder alone
	revision uint64 // of the entry that this holder wrote

	renewed atomic.Pointer[time.Time] // when the last renewal was sent that was acked
}

// released is the value of a lease that was given back.
const released = ""

// acquire waits until the lease is released, or its holder has been silent for the
// TTL.
func (h *holder) acquire(ctx context.Context) error {
	ttl := h.leases.cfg.TTL
	var seen uint64
	since := time.Now()
	failing := false
	for {
		entry, err := h.get(ctx)
		failed := err != nil && !errors.Is(err, jetstream.ErrKeyNotFound) && ctx.Err() == nil
		if failed && !failing {
			h.leases.cfg.Logger.WarnContext(ctx, "lease cannot be read, waiting", "key", h.key, "error", err)
		}
		failing = failed
		switch {
		case errors.Is(err, jetstream.ErrKeyNotFound):
			if h.tryAcquire(ctx, 0) {
				return nil
			}
		case err == nil && (string(entry.Value()) == released || entry.Revision() == seen && time.Since(since) > ttl):
			if h.tryAcquire(ctx, entry.Revision()) {
				return nil
			}
		case err == nil && entry.Revision() != seen:
			seen, since = entry.Revision(), time.Now()
		}
		if err := conn.Sleep(ctx, ttl/10, nil); err != nil {
			return err
		}
	}
}

// get reads the lease. An answer that is lost is not waited for longer than for a
// write.
func (h *holder) get(ctx context.Context) (jetstream.KeyValueEntry, error) {
	ctx, cancel := context.WithTimeout(ctx, h.leases.cfg.TTL/3)
	defer cancel()
	return h.leases.kv.Get(ctx, h.key)
}

// tryAcquire writes the holder's token in place of a revision; 0 for none.
func (h *holder) tryAcquire(ctx context.Context, over uint64) bool {
	ctx, cancel := context.WithTimeout(ctx, h.leases.cfg.TTL/3)
	defer cancel()
	sent := time.Now()
	var err error
	if over == 0 {
		h.revision, err = h.leases.kv.Create(ctx, h.key, []byte(h.token))
	} else {
		h.revision, err = h.leases.kv.Update(ctx, h.key, []byte(h.token), over)
	}
	if err == nil {
		h.renewed.Store(&sent)
	}
	return err == nil
}

// isLate reports whether the lease was not renewed for so long that another holder may
// have it soon: others measure from a later moment than this one.
func (h *holder) isLate() bool { return time.Since(*h.renewed.Load()) > h.leases.cfg.TTL*2/3 }

// heldContext is what fn is called with. It ends with the lease.
type heldContext struct {
	context.Context
	holder *holder
	end    context.CancelCauseFunc
}

func (h *holder) hold(ctx context.Context) *heldContext {
	ctx, end := context.WithCancelCause(ctx)
	return &heldContext{ctx, h, end}
}

// Err also looks at the clock: in a process that was paused, the goroutine that renews
// the lease may come to it later than others come to their work.
func (c *heldContext) Err() error {
	if c.holder.isLate() {
		c.end(errSilent)
	}
	return c.Context.Err()
}

// errSilent says that a holder could not renew its lease in time.
var errSilent = errors.New("it could not be renewed in time")

// renew renews the lease until held ends, which it ends when the lease is lost.
func (h *holder) renew(held *heldContext) {
	for conn.Sleep(held, h.leases.cfg.TTL/6, nil) == nil {
		if !h.tryAcquire(held, h.revision) && held.Err() == nil && h.isTaken(held) {
			held.end(reactor.ErrFenced)
		}
		_ = held.Err() // it ends if the renewals are late
	}
}

// isTaken reports whether another holder has the lease. A renewal whose answer was
// lost is found to be this holder's own.
func (h *holder) isTaken(ctx context.Context) bool {
	entry, err := h.get(ctx)
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

// release gives the lease back, so that the next holder need not wait for the TTL.
func (h *holder) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if _, err := h.leases.kv.Update(ctx, h.key, []byte(released), h.revision); err != nil {
		h.leases.cfg.Logger.DebugContext(ctx, "lease not given back", "key", h.key, "error", err)
	}
}
