// Package pause waits, and ends with a context.
package pause

import (
	"context"
	"time"
)

// For waits for a time. It returns the cause of ctx if that ends before.
func For(ctx context.Context, d time.Duration) error { return UnlessClosed(ctx, d, nil, nil) }

// UnlessClosed is [For] that returns reason as soon as closed is closed. A nil channel never is.
func UnlessClosed(ctx context.Context, d time.Duration, closed <-chan struct{}, reason error) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-closed:
		return reason
	}
}
