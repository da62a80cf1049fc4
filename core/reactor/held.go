package reactor

import (
	"context"
)

// heldContext is the context of the reactions of a partition that is shared by leases. It ends
// with the lease.
type heldContext struct {
	context.Context
	late func() bool
	end  context.CancelFunc
}

// Err also looks at the clock: in a process that was paused, the goroutine that renews
// the leases may come to that later than others come to their work.
func (c *heldContext) Err() error {
	if c.Context.Err() == nil && c.late() {
		c.end()
	}
	return c.Context.Err()
}
