package bounded

import (
	"context"
	"sync/atomic"
	"time"
)

// Call is the context of a call. It ends with the context of the caller, or when
// the call has taken as long as its bound.
type Call struct {
	context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	left   time.Duration // at the start of what is timed now
	since  time.Time
	over   atomic.Bool
}

func newCall(ctx context.Context, bound time.Duration) *Call {
	if deadline, ok := ctx.Deadline(); ok {
		bound = max(min(bound, time.Until(deadline)/2), minBound)
	}
	inner, cancel := context.WithCancelCause(ctx)
	c := &Call{Context: inner, cancel: cancel, left: bound, since: time.Now()}
	c.timer = time.AfterFunc(bound, c.expire)
	return c
}

func (c *Call) expire() {
	c.over.Store(true)
	c.cancel(ErrBound)
}

// Untimed calls f, whose time does not count.
func (c *Call) Untimed(f func()) {
	if !c.timer.Stop() {
		f()
		return
	}
	c.left -= time.Since(c.since)
	defer func() {
		c.since = time.Now()
		c.timer.Reset(c.left)
	}()
	f()
}

// stop ends the call, and reports whether it took too long.
func (c *Call) stop() bool {
	late := !c.timer.Stop() && c.over.Load()
	c.cancel(context.Canceled)
	return late
}
