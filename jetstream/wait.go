package jetstream

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
)

// backoff is the pause before something is tried again: longer each time, and
// never the same for two who wait for one another.
type backoff struct {
	max  time.Duration
	last time.Duration
}

// pause waits. It returns early, with the reason, when the context or the
// store ends.
func (b *backoff) pause(ctx context.Context, s *stream) error {
	b.last = min(max(2*b.last, 2*time.Millisecond), b.max)
	timer := time.NewTimer(b.last/2 + rand.N(b.last))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-s.inbox.life.Done():
		return core.ErrClosed
	}
}

// bound gives ctx the store's timeout if it has no deadline of its own.
func (s *stream) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, s.cfg.Timeout)
}

// usable returns why no request can be sent at all: the context has ended, or
// the store or its connection is closed.
func (s *stream) usable(ctx context.Context) error {
	if s.inbox.life.Err() != nil {
		return core.ErrClosed
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if s.nc.IsClosed() {
		return nats.ErrConnectionClosed
	}
	return nil
}
