package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// crowd lets a number of goroutines do the same again and again for a while, and
// counts.
func crowd(ctx context.Context, count int, d time.Duration, do func(ctx context.Context, worker, n int) error) (sample, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	var done atomic.Int64
	begun := time.Now()
	for i := range count {
		all.Go(func() {
			for n := 0; time.Since(begun) < d && ctx.Err() == nil; n++ {
				if err := do(ctx, i, n); err != nil {
					cancel(err)
					return
				}
				done.Add(1)
			}
		})
	}
	all.Wait()
	took := time.Since(begun)
	return sample{rate: float64(done.Load()) / took.Seconds()}, context.Cause(ctx)
}

// alone does something again and again for a while, at least three times, and
// takes the median of how long it takes.
func alone(ctx context.Context, d time.Duration, do func(ctx context.Context) error) (sample, error) {
	var took []time.Duration
	for begun := time.Now(); time.Since(begun) < d || len(took) < 3; {
		start := time.Now()
		if err := do(ctx); err != nil {
			return sample{}, err
		}
		took = append(took, time.Since(start))
	}
	each := median(took)
	return sample{rate: 1 / each.Seconds(), each: each}, nil
}
