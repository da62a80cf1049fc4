// Package bounded calls something that may not answer, such as a cache, so that it
// costs little then: each call has a bound, and after a failure there are none for
// a while.
package bounded

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

var (
	// ErrPaused is returned in place of a call during a pause.
	ErrPaused = errors.New("is paused after a failure")
	// ErrBound is the cause of the context of a call that took too long.
	ErrBound = errors.New("no answer in time")

	errUnwound = errors.New("ended by a panic or runtime.Goexit")
)

const (
	firstPause = time.Second
	maxPause   = time.Minute
	minBound   = 50 * time.Millisecond
)

// Calls are calls of one kind. After one that fails or takes too long there are
// none for a pause, which doubles from a second to a minute; then one caller alone
// tries again, with half of the bound, and the pause ends if that succeeds.
type Calls struct {
	Name  string        // of what is called, for the log
	Bound time.Duration // of a call
	Log   func() *slog.Logger

	mu       sync.Mutex // guards the fields below
	failures int        // in a row
	until    time.Time  // no calls before
	trying   bool       // a caller tries again
}

// Paused reports whether the last call failed.
func (c *Calls) Paused() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failures > 0
}

// Do calls f, which must end soon after the context of its call does, or returns
// [ErrPaused]. The bound is at most half of what ctx has left, so that the caller
// can go on without. An error of f is a failure if failed says so, unless ctx has
// ended. Do logs when a pause begins and when it is over.
func (c *Calls) Do(ctx context.Context, f func(*Call) error, failed func(error) bool) error {
	again, ok := c.begin()
	if !ok {
		return ErrPaused
	}
	bound := c.Bound
	if again {
		bound /= 2 // a service that is about as slow as the bound does not come and go
	}
	call := newCall(ctx, bound)
	failure := errUnwound
	defer func() { c.end(ctx, again, failure) }()
	defer call.stop()
	err := f(call)
	late := call.stop()
	switch failure = nil; {
	case failed(err):
		failure = err
	case late:
		failure = ErrBound
	}
	return err
}

// begin reports whether there may be a call, and whether it is the one that tries
// again.
func (c *Calls) begin() (again, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failures == 0 {
		return false, true
	}
	if c.trying || time.Now().Before(c.until) {
		return false, false
	}
	c.trying = true
	return true, true
}

// end records what became of a call. During a pause only the call that tries again
// counts: others began before.
func (c *Calls) end(ctx context.Context, again bool, failure error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if again {
		c.trying = false
	}
	if ctx.Err() != nil || !again && c.failures > 0 {
		return
	}
	if failure != nil {
		pause := min(firstPause<<min(c.failures, 10), maxPause)
		if c.failures++; c.failures == 1 {
			c.Log().WarnContext(ctx, c.Name+" failed, going on without", "error", failure, "pause", pause)
		}
		c.until = time.Now().Add(pause)
		return
	}
	if c.failures > 0 {
		c.Log().InfoContext(ctx, c.Name+" answers again")
	}
	c.failures = 0
}
