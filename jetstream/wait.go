package jetstream

import (
	"context"
	"errors"
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
	return sleep(ctx, b.last/2+rand.N(b.last), s.inbox.life.Done())
}

// sleep waits, or returns why it need not: ctx ended, or the store was closed,
// which a nil closed never is.
func sleep(ctx context.Context, d time.Duration, closed <-chan struct{}) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-closed:
		return core.ErrClosed
	}
}

// insist makes a read again while its answer is missing, useless or behind the
// leader, a bounded number of times.
func (s *stream) insist(ctx context.Context, read func(context.Context) error) error {
	ctx, cancel := s.bound(ctx)
	defer cancel()
	pause := backoff{max: 250 * time.Millisecond}
	for try := 0; ; try++ {
		err := read(ctx)
		if err == nil {
			return nil
		}
		if ended := s.usable(ctx); ended != nil {
			return ended
		}
		if try == retries || !passes(err) && !errors.Is(err, errLagging) {
			return err
		}
		if err := pause.pause(ctx, s); err != nil {
			return err
		}
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
