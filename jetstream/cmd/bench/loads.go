package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// smallestStream is the number of events in the smallest of the streams. Each of
// the others has ten times as many as the one before it.
const smallestStream = 1000

// loadSuite compares loads of one aggregate, and reads of many, in streams of
// several sizes, on one lazy replica.
func loadSuite(z sizes) suite {
	s := suite{deployment: newDeployment(1, true)}
	var streams []*filledStream
	for size := smallestStream; size <= z.stream; size *= 10 {
		if size == 10*smallestStream {
			continue // its figures are between those of its neighbours
		}
		streams = append(streams, &filledStream{deployment: s.deployment, size: size, large: z.large, warm: z.warm})
	}
	smallest, largest := streams[0], streams[len(streams)-1]
	for _, f := range streams {
		s.comparisons = append(s.comparisons, loadSmall(f), loadLarge(f))
	}
	s.comparisons = append(s.comparisons, loadInLargerStream(smallest, largest), loadBesideLargeLoads(largest))
	s.comparisons = append(s.comparisons, scans(streams[min(1, len(streams)-1)])...)
	for _, f := range slices.Compact([]*filledStream{smallest, largest}) {
		s.comparisons = append(s.comparisons, loadAfterRestart(f, streams), commitAfterRestart(f, streams))
	}
	return s
}

func loadSmall(f *filledStream) comparison {
	return loadComparison(f, smallEvents, f.warmSmall, f.loadWarm())
}

func loadLarge(f *filledStream) comparison {
	id := func(i int) string { return largeID(i % largeCount) }
	return loadComparison(f, f.large, id, numbered(func(ctx context.Context, i int) error {
		return f.load(ctx, id(i), f.large)
	}))
}

// loadComparison compares a load with an ordered consumer of the aggregate's
// events.
func loadComparison(f *filledStream, events int, id func(i int) string, library workload) comparison {
	name := fmt.Sprintf("load of %d events, %d in the stream", events, f.size)
	return comparison{name: name, against: "ordered consumer", unit: latency, setup: func(ctx context.Context) (pair, error) {
		return pair{library: library, baseline: numbered(func(ctx context.Context, i int) error {
			return f.consume(ctx, events, ignore, f.config.Prefix+".*.document."+id(i))
		})}, f.fill(ctx)
	}}
}

// loadWarm loads a few small aggregates in turn. It loads each of them once before
// it measures, because a server keeps a block that it read from disk, but not for
// long.
func (f *filledStream) loadWarm() workload {
	load := func(ctx context.Context, i int) error { return f.load(ctx, f.warmSmall(i), smallEvents) }
	timed := numbered(load)
	return func(ctx context.Context, round time.Duration) (sample, error) {
		for i := range f.warm {
			if err := load(ctx, i); err != nil {
				return sample{}, err
			}
		}
		return timed(ctx, round)
	}
}

// loadInLargerStream shows how a load slows down as the stream grows.
func loadInLargerStream(smallest, largest *filledStream) comparison {
	name := fmt.Sprintf("load of %d events as the stream grows to %d", smallEvents, largest.size)
	against := fmt.Sprintf("the same, %d in the stream", smallest.size)
	return comparison{name: name, against: against, unit: latency, setup: func(ctx context.Context) (pair, error) {
		err := errors.Join(largest.fill(ctx), smallest.fill(ctx))
		return pair{library: largest.loadWarm(), baseline: smallest.loadWarm()}, err
	}}
}

// loadBesideLargeLoads shows how a load slows down while two large aggregates are
// loaded over the same connection.
func loadBesideLargeLoads(f *filledStream) comparison {
	name := fmt.Sprintf("load of %d events beside 2 loads of %d", smallEvents, f.large)
	return comparison{name: name, against: "the same, by itself", unit: latency, setup: func(ctx context.Context) (pair, error) {
		small := f.loadWarm()
		large := concurrent(2, func(ctx context.Context) error { return f.load(ctx, largeID(0), f.large) })
		return pair{baseline: small, library: func(ctx context.Context, round time.Duration) (sample, error) {
			busy, cancel := context.WithCancel(ctx)
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				_, _ = large(busy, time.Hour) // ends when it is cancelled
			}()
			s, err := small(ctx, round)
			cancel()
			<-ended
			return s, err
		}}, f.fill(ctx)
	}}
}
