// Package pause waits, and ends with a context.
package pause

import (
	"context"
	"time"
)

// For waits for a time. It returns the cause of ctx if that ends before.
func For(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
