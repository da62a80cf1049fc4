package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"runtime"
	"time"
)

// bench runs the rows with a name that matches only.
type bench struct {
	turn   time.Duration // of one side
	rounds int           // turns of each side that are measured
	events int           // events of small aggregates in the filled stores
	only   *regexp.Regexp
	out    io.Writer
}

// check returns an error for settings that no row can run with.
func (b *bench) check() error {
	switch {
	case b.rounds < 1:
		return fmt.Errorf("-rounds is %d, must be at least 1", b.rounds)
	case b.events < largeEvents || b.events%largeEvents > 0:
		return fmt.Errorf("-events is %d, must be a multiple of %d", b.events, largeEvents)
	}
	return nil
}

// run runs the rows that were asked for and prints their table. It is an error to
// ask for none.
func (b *bench) run(ctx context.Context) error {
	if err := b.check(); err != nil {
		return err
	}
	began := time.Now()
	var results []result
	for _, async := range []bool{false, true} {
		some, err := b.runRows(ctx, &contenders{async: async, events: b.events})
		if err != nil {
			return err
		}
		results = append(results, some...)
	}
	if len(results) == 0 {
		return fmt.Errorf("no row has a name that matches %q", b.only)
	}
	if err := printTable(b.out, results); err != nil {
		return err
	}
	_, err := fmt.Fprintf(b.out, "\n%s %s/%s, %d processors, %v\n", runtime.Version(), runtime.GOOS, runtime.GOARCH,
		runtime.GOMAXPROCS(0), time.Since(began).Round(time.Second))
	return err
}

// runRows starts the databases only if one of their rows was asked for.
func (b *bench) runRows(ctx context.Context, c *contenders) (results []result, err error) {
	defer func() { err = errors.Join(err, c.close()) }()
	for _, r := range c.rows() {
		if !b.only.MatchString(r.name) {
			continue
		}
		if err := c.start(ctx); err != nil {
			return nil, err
		}
		result, err := r.run(ctx, b.rounds, b.turn)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.name, err)
		}
		results = append(results, result)
		if _, err := fmt.Fprintf(b.out, "%-70s %8.3g %8.3g\n", r.name, median(result.ratios(1)), median(result.ratios(2))); err != nil {
			return nil, err
		}
	}
	return results, nil
}
