// Package backoff waits between attempts.
package backoff

import (
	"context"
	"math/rand/v2"
	"time"
)

// Delay returns the pause after an attempt, counted from 0: first, then twice as
// long each time, up to longest.
func Delay(first, longest time.Duration, attempt int) time.Duration {
	for range attempt {
		if first >= longest {
			break
		}
		first *= 2
	}
	return min(first, longest)
}

// Jitter returns a random pause of at most longest, and never none: writers that
// compete do not try again at the same time.
func Jitter(longest time.Duration) time.Duration { return rand.N(longest) + time.Microsecond }

// Sleep waits for d, or returns the cause of ctx when that ends first.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
