package reactor

import (
	"context"

	"github.com/jetsource/jetsource/core"
)

// settings are the choices of a worker's With methods.
type settings struct {
	lease    Lease
	backoff  core.Backoff
	attempts int // 0 for no limit
	park     bool
	every    int // events between checkpoints
}

// Lease lets one of several holders of a name be active at a time, as well as
// clocks and networks allow. What must not happen twice needs a fence as well; a
// [Worker] has one.
type Lease interface {
	// Hold waits until it has the lease of name, and calls fn with a context that
	// ends when the lease is lost or ctx ends. Its Err says so as soon as that is
	// known, also in a process that was paused and has just gone on. Hold gives the
	// lease back and returns the error of fn, or [ErrLeaseLost] if fn returned none
	// and the lease was lost; or the cause of ctx, if ctx ends before it has the
	// lease.
	Hold(ctx context.Context, name string, fn func(context.Context) error) error
}
