package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// workload works for about a round and returns what it measured.
type workload func(ctx context.Context, round time.Duration) (sample, error)

// sample is what a workload measured in one round.
type sample struct {
	rate   float64       // operations a second
	median time.Duration // duration of an operation; zero if there were several writers
}

// operation is the work that a workload repeats.
type operation func(ctx context.Context) error

// concurrent is a workload of several writers. Each repeats op until the round is
// over, at least once.
func concurrent(writers int, op operation) workload {
	return func(ctx context.Context, round time.Duration) (sample, error) {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		var all sync.WaitGroup
		var done atomic.Int64
		began := time.Now()
		for range writers {
			all.Go(func() {
				for ctx.Err() == nil {
					if err := op(ctx); err != nil {
						cancel(err)
						return
					}
					if done.Add(1); time.Since(began) >= round {
						return
					}
				}
			})
		}
		all.Wait()
		took := time.Since(began)
		return sample{rate: float64(done.Load()) / took.Seconds()}, context.Cause(ctx)
	}
}

// repeated is a workload that repeats op until the round is over, at least once,
// and measures the median duration.
func repeated(op operation) workload {
	return func(ctx context.Context, round time.Duration) (sample, error) {
		var took []time.Duration
		for began := time.Now(); len(took) == 0 || time.Since(began) < round; {
			start := time.Now()
			if err := op(ctx); err != nil {
				return sample{}, err
			}
			took = append(took, time.Since(start))
		}
		m := median(took)
		return sample{rate: 1 / m.Seconds(), median: m}, nil
	}
}

// numbered is [repeated] for an operation that is told how many there were before
// it, over all rounds.
func numbered(op func(ctx context.Context, i int) error) workload {
	i := -1
	return repeated(func(ctx context.Context) error {
		i++
		return op(ctx, i)
	})
}

// once is a workload that runs op one time, which counts as n operations.
func once(n int, op operation) workload {
	return func(ctx context.Context, _ time.Duration) (sample, error) {
		start := time.Now()
		err := op(ctx)
		took := time.Since(start)
		return sample{rate: float64(n) / took.Seconds(), median: took}, err
	}
}
