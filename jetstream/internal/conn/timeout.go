package conn

import (
	"context"

	"github.com/jetsource/jetsource/core"
)

// errTooSlow is why a call ended that had no deadline of its own.
var errTooSlow error = tooSlow{}

type tooSlow struct{}

func (tooSlow) Error() string { return "no answer within the store's timeout" }

// Is makes it match [context.DeadlineExceeded] and [core.ErrUnavailable].
func (tooSlow) Is(target error) bool {
	return target == context.DeadlineExceeded || target == core.ErrUnavailable
}

// WithTimeout gives ctx the store's timeout if it has no deadline of its own.
func (c *Conn) WithTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, c.Timeout, errTooSlow)
}

// WithLife returns a context that also ends when the store is closed.
func (c *Conn) WithLife(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(c.inbox.life, func() { cancel(core.ErrClosed) })
	return ctx, func() { stop(); cancel(nil) }
}

// Wait waits for the end of ctx, or of the store.
func (c *Conn) Wait(ctx context.Context) error {
	ctx, stop := c.WithLife(ctx)
	defer stop()
	<-ctx.Done()
	return context.Cause(ctx)
}
