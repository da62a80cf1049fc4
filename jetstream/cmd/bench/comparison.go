package main

import (
	"context"
	"fmt"
	"time"
)

// comparison is one row of the table: a workload of the library, and the
// baseline that it is compared with, which is mostly the raw client's way to do
// the same.
type comparison struct {
	name    string
	against string // what the baseline does
	unit    unit
	// setup prepares the workloads. It is called once, when the servers run.
	setup func(ctx context.Context) (pair, error)
}

// pair is the two workloads of a comparison. Close, if it is not nil, ends what
// setup began.
type pair struct {
	library, baseline workload
	close             func()
}

// unit is the figure of a sample that is compared.
type unit int

const (
	perSecond unit = iota // operations a second: more is better
	latency               // median duration of an operation: less is better
)

// of returns the figure of a sample: operations a second, or seconds.
func (u unit) of(s sample) float64 {
	if u == perSecond {
		return s.rate
	}
	return s.median.Seconds()
}

// run lets the workloads take turns. The first round warms up and is not
// counted. If rates are compared, the library's first turn is four times as long,
// because a store measures which way to send commits is faster.
func (c comparison) run(ctx context.Context, rounds int, round time.Duration) (row, error) {
	p, err := c.setup(ctx)
	if p.close != nil {
		defer p.close()
	}
	if err != nil {
		return row{}, fmt.Errorf("setup: %w", err)
	}
	warmUp := round
	if c.unit == perSecond {
		warmUp *= 4
	}
	if _, _, err := p.turn(ctx, warmUp, round); err != nil {
		return row{}, err
	}
	r := row{comparison: c}
	for range rounds {
		library, baseline, err := p.turn(ctx, round, round)
		if err != nil {
			return row{}, err
		}
		r.add(c.unit.of(library), c.unit.of(baseline))
	}
	return r, nil
}

// turn runs each workload once, for about the durations given.
func (p pair) turn(ctx context.Context, libraryTime, baselineTime time.Duration) (library, baseline sample, err error) {
	if library, err = p.library(ctx, libraryTime); err != nil {
		return library, baseline, err
	}
	if baseline, err = p.baseline(ctx, baselineTime); err != nil {
		err = fmt.Errorf("baseline: %w", err)
	}
	return library, baseline, err
}
