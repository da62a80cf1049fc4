package main

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// workload works for about a turn and returns its figure: seconds, or operations a
// second.
type workload func(ctx context.Context, turn time.Duration) (float64, error)

// operation is the work that a workload repeats.
type operation func(ctx context.Context) error

// timed is a workload that repeats op until the turn is over, at least once. Its
// figure is the median of the durations.
func timed(op operation) workload {
	return func(ctx context.Context, turn time.Duration) (float64, error) {
		var took []float64
		for began := time.Now(); len(took) == 0 || time.Since(began) < turn; {
			start := time.Now()
			if err := op(ctx); err != nil {
				return 0, err
			}
			took = append(took, time.Since(start).Seconds())
		}
		return median(took), nil
	}
}

// concurrent is a workload of several clients, each of which repeats op until the
// turn is over, at least once. Its figure is the rate.
func concurrent(clients int, op operation) workload {
	return func(ctx context.Context, turn time.Duration) (float64, error) {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		var all sync.WaitGroup
		var done atomic.Int64
		began := time.Now()
		for range clients {
			all.Go(func() {
				for ctx.Err() == nil {
					if err := op(ctx); err != nil {
						cancel(err)
						return
					}
					if done.Add(1); time.Since(began) >= turn {
						return
					}
				}
			})
		}
		all.Wait()
		took := time.Since(began)
		return float64(done.Load()) / took.Seconds(), context.Cause(ctx)
	}
}

// once is a workload that runs op one time, which counts as n operations. Its figure
// is the rate.
func once(n int, op operation) workload {
	return func(ctx context.Context, _ time.Duration) (float64, error) {
		start := time.Now()
		err := op(ctx)
		return float64(n) / time.Since(start).Seconds(), err
	}
}

func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}
