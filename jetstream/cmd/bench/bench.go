package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"time"
)

// bench runs the comparisons with a name that matches only.
type bench struct {
	round   time.Duration // one turn of one workload
	rounds  int           // turns of each workload that are measured
	sizes   sizes
	only    *regexp.Regexp
	results table
}

// sizes are the amounts of data that the comparisons work on.
type sizes struct {
	stream      int // events in the largest stream
	large       int // events of a large aggregate
	snapshotted int // events of the aggregate that is loaded from a snapshot, a multiple of 100
	updated     int // aggregates that are updated in turn, a multiple of 10
	warm        int // aggregates that are loaded in turn where no load is to read the disk
	inputs      int // events that a reactor reacts to, a multiple of 100
}

var defaultSizes = sizes{stream: 1_000_000, large: 1000, snapshotted: 10_000, updated: 2000, warm: 20, inputs: 5000}

// check returns an error for settings that no comparison can run with.
func (b *bench) check() error {
	switch {
	case b.rounds < 1:
		return fmt.Errorf("-rounds is %d, must be at least 1", b.rounds)
	case b.sizes.stream < smallestStream:
		return fmt.Errorf("-events is %d, must be at least %d", b.sizes.stream, smallestStream)
	}
	return nil
}

// suite is the comparisons that share a deployment.
type suite struct {
	deployment  *deployment
	comparisons []comparison
}

// suites returns all comparisons, in the order in which they run.
func (b *bench) suites() []suite {
	all := commitSuites()
	return append(all, loadSuite(b.sizes), liveSuite(), updateSuite(b.sizes),
		reactorSuite(newDeployment(1, false), b.sizes.inputs), reactorSuite(newDeployment(3, false), b.sizes.inputs))
}

// run runs the comparisons that were asked for and prints their table. It is an
// error to ask for none.
func (b *bench) run(ctx context.Context) error {
	if err := b.check(); err != nil {
		return err
	}
	began := time.Now()
	for _, s := range b.suites() {
		if err := b.runSuite(ctx, s); err != nil {
			return err
		}
	}
	if len(b.results.rows) == 0 {
		return fmt.Errorf("no comparison has a name that matches %q", b.only)
	}
	if err := b.results.print(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(b.results.out, "\n%s %s/%s, %d processors, %v\n", runtime.Version(), runtime.GOOS, runtime.GOARCH,
		runtime.GOMAXPROCS(0), time.Since(began).Round(time.Second))
	return err
}

// runSuite runs the comparisons of a suite that were asked for. The servers are
// started only if there is one.
func (b *bench) runSuite(ctx context.Context, s suite) (err error) {
	for _, c := range s.comparisons {
		if !b.only.MatchString(c.name) {
			continue
		}
		if !s.deployment.started() {
			defer func() { err = errors.Join(err, s.deployment.close()) }()
			if err := s.deployment.start(); err != nil {
				return err
			}
		}
		r, err := c.run(ctx, b.rounds, b.round)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		if err := b.results.add(r); err != nil {
			return err
		}
	}
	return nil
}
