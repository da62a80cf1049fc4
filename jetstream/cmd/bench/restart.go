package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jetsource/jetsource/core"
)

// afterRestart is how many aggregates are used after each restart of the servers.
const afterRestart = 20

// loadAfterRestart shows what the first load of an aggregate costs after the
// servers were restarted.
func loadAfterRestart(f *filledStream, streams []*filledStream) comparison {
	name := fmt.Sprintf("first load of %d events after a restart, %d in the stream", smallEvents, f.size)
	return comparison{name: name, against: "the same loads again", unit: latency, setup: func(ctx context.Context) (pair, error) {
		return f.restartPair(streams, func(ctx context.Context, i int) error {
			return f.load(ctx, f.anySmall(i), smallEvents)
		}), f.fill(ctx)
	}}
}

// commitAfterRestart shows what the first commit to an aggregate costs after the
// servers were restarted.
func commitAfterRestart(f *filledStream, streams []*filledStream) comparison {
	name := fmt.Sprintf("first commit to an aggregate after a restart, %d in the stream", f.size)
	return comparison{name: name, against: "the second commit to it", unit: latency, setup: func(ctx context.Context) (pair, error) {
		versions := make(map[int]core.Version[uint64])
		return f.restartPair(streams, func(ctx context.Context, i int) error {
			i = i * 211 % len(f.singles)
			version, known := versions[i]
			if !known {
				version = core.At(f.singles[i]) // nothing has to be read for it
			}
			position, err := core.CommitEventsOptimistic(ctx, f.store, key(singleID(i)), version, []core.Event{change0{event}}, author)
			versions[i] = core.At(position)
			return err
		}), f.fill(ctx)
	}}
}

// restartPair compares op on some aggregates after a restart with op on the same
// aggregates again. Each round uses other aggregates.
func (f *filledStream) restartPair(streams []*filledStream, op func(ctx context.Context, i int) error) pair {
	first := 0
	measure := func(ctx context.Context) (sample, error) {
		var took []time.Duration
		for i := range afterRestart {
			start := time.Now()
			if err := op(ctx, first+i); err != nil {
				return sample{}, err
			}
			took = append(took, time.Since(start))
		}
		return sample{median: median(took)}, nil
	}
	return pair{
		library: func(ctx context.Context, _ time.Duration) (sample, error) {
			first += afterRestart
			if err := restart(ctx, f.deployment, streams); err != nil {
				return sample{}, err
			}
			return measure(ctx)
		},
		baseline: func(ctx context.Context, _ time.Duration) (sample, error) { return measure(ctx) },
	}
}

// restart restarts the servers and opens the stores of the streams again.
func restart(ctx context.Context, d *deployment, streams []*filledStream) error {
	if err := d.restart(); err != nil {
		return err
	}
	for _, f := range streams {
		if err := f.reopen(ctx); err != nil {
			return err
		}
	}
	return nil
}
