package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jetsource/jetsource/core"
)

type (
	meters    = core.Repository[Meter, string, uint64, core.NoMetadata]
	snapshots = core.SnapshotStore[string, uint64]
)

const events, batch = 10_000, 500

func story(ctx context.Context, plain *meters, snaps snapshots, out io.Writer) error {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) }
	snapped := plain.WithSnapshots(snaps)
	for n := 0; n < events; n += batch {
		watts := make([]int, batch)
		for i := range watts {
			watts[i] = (n + i) % 3000
		}
		if _, err := snapped.Upsert(ctx, "M-1", Report{Watts: watts}); err != nil {
			return err
		}
	}
	say("a meter of %d events, with a snapshot each 1000", events)

	without, a, err := load(ctx, plain)
	if err != nil {
		return err
	}
	with, b, err := load(ctx, snapped)
	if err != nil {
		return err
	}
	if a != b {
		return fmt.Errorf("the states differ: %+v and %+v", a, b)
	}
	say("load without  %9.3f ms  %+v", ms(without), a)
	say("load with     %9.3f ms  %+v", ms(with), b)
	say("ratio         %9.1f", float64(without)/float64(with))
	return nil
}

// load returns the median time of some loads, and what they all came to.
func load(ctx context.Context, repo *meters) (time.Duration, Meter, error) {
	var times []time.Duration
	var state Meter
	for range 3 {
		start := time.Now()
		var err error
		if state, _, err = repo.Load(ctx, "M-1"); err != nil {
			return 0, state, err
		}
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	return times[len(times)/2], state, nil
}

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }
