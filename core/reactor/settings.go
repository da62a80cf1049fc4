package reactor

import (
	"context"
	"time"

	"github.com/jetsource/jetsource/core/internal/backoff"
)

// settings are the choices of a worker's With methods.
type settings struct {
	lease    Lease
	backoff  Backoff
	attempts int // 0 for no limit
	park     bool
	every    int // events between checkpoints
}

// Backoff is the pause before a reaction is tried again: First, then twice as
// long each time, up to Max. Zero fields take their defaults.
type Backoff struct {
	First time.Duration // default 50 ms
	Max   time.Duration // default 5 s
}

func (b Backoff) delay(attempt int) time.Duration {
	if b.First == 0 {
		b.First = 50 * time.Millisecond
	}
	if b.Max == 0 {
		b.Max = 5 * time.Second
	}
	return backoff.Delay(b.First, b.Max, attempt)
}

// Lease lets one of several holders of a name be active at a time, as well as
// clocks and networks allow. What must not happen twice needs a fence as well; a
// [Worker] has one.
type Lease interface {
	// Hold waits until it has the lease of name, and calls fn with a context that
	// ends when the lease is lost or ctx ends. It gives the lease back and returns
	// the error of fn; or the cause of ctx, if ctx ends before it has the lease.
	Hold(ctx context.Context, name string, fn func(context.Context) error) error
}
