package reactor

import (
	"context"
	"time"
)

// Leases is where the processes that run a reactor agree on who has which partition, and
// where progress is kept that is not worth a message in the log. It is a register for each
// name, which is replaced by compare-and-swap: the revision is a fence. A store that is also a
// Leases keeps the progress of a [Worker] without leases.
type Leases interface {
	// ReadLease returns the value of a name and its revision; 0 if it has none.
	ReadLease(ctx context.Context, name string) (value []byte, revision uint64, err error)
	// WriteLease replaces the value of a name if it is at a revision, 0 for none, and returns
	// the next one. Otherwise it returns an error that matches [core.ErrConflict].
	WriteLease(ctx context.Context, name string, value []byte, revision uint64) (uint64, error)
	// LeaseTTL is how long a process may be silent before others take over what it has. It is
	// more than zero.
	LeaseTTL() time.Duration
}
