package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// crowd lets a number of goroutines do the same again and again for a while, and
// counts.
func crowd(ctx context.Context, count int, d time.Duration, do func(ctx context.Context) error) (sample, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	var done atomic.Int64
	begun := time.Now()
	for range count {
		all.Go(func() {
			for ctx.Err() == nil {
				if err := do(ctx); err != nil {
					cancel(err)
					return
				}
				if done.Add(1); time.Since(begun) >= d {
					return
				}
			}
		})
	}
	all.Wait()
	took := time.Since(begun)
	return sample{rate: float64(done.Load()) / took.Seconds()}, context.Cause(ctx)
}

// alone does something again and again for a while, at least once, and takes the
// median of how long it takes.
func alone(ctx context.Context, d time.Duration, do func(ctx context.Context) error) (sample, error) {
	var took []time.Duration
	for begun := time.Now(); time.Since(begun) < d; {
		start := time.Now()
		if err := do(ctx); err != nil {
			return sample{}, err
		}
		took = append(took, time.Since(start))
	}
	each := median(took)
	return sample{rate: 1 / each.Seconds(), each: each}, nil
}

// oneByOne is a side that does something again and again.
func oneByOne(do func(ctx context.Context) error) side {
	return func(ctx context.Context, round time.Duration) (sample, error) { return alone(ctx, round, do) }
}

// all is a side that does something once, which is to do n things.
func all(n int, do func(ctx context.Context) error) side {
	return func(ctx context.Context, _ time.Duration) (sample, error) {
		start := time.Now()
		err := do(ctx)
		took := time.Since(start)
		return sample{rate: float64(n) / took.Seconds(), each: took}, err
	}
}
