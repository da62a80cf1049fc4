package main

import (
	"context"
	"errors"
	"fmt"
)

// sides is how many take turns: ours first, then its peers.
const sides = 3

var sideNames = [sides]string{"ours", "PostgreSQL", "SQLite"}

// contenders are the databases of the rows that share a way to sync. They are
// started for the first row that runs.
type contenders struct {
	async  bool
	events int // events of small aggregates in the filled stores

	engines []engine // none until start
	filled  []store  // none until fill
	opened  int      // number of times that stores were opened
}

func (c *contenders) name() string {
	if c.async {
		return "async"
	}
	return "synced"
}

func (c *contenders) start(ctx context.Context) error {
	for _, start := range []func() (engine, error){
		func() (engine, error) { return startOurs(c.async) },
		func() (engine, error) { return startPostgres(ctx, c.async) },
		func() (engine, error) { return startSQLite(c.async) },
	}[len(c.engines):] {
		e, err := start()
		if err != nil {
			return fmt.Errorf("start %s: %w", sideNames[len(c.engines)], err)
		}
		c.engines = append(c.engines, e)
	}
	return nil
}

// open returns an empty store of each.
func (c *contenders) open(ctx context.Context) (stores []store, err error) {
	c.opened++
	for i, e := range c.engines {
		s, err := e.open(ctx, fmt.Sprint("events", c.opened))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open %s: %w", sideNames[i], err), closeAll(stores))
		}
		stores = append(stores, s)
	}
	return stores, nil
}

// fill returns a store of each with the same events. It fills them the first time
// it is called.
func (c *contenders) fill(ctx context.Context) (_ []store, err error) {
	if c.filled != nil {
		return c.filled, nil
	}
	stores, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	for i, s := range stores {
		if err := (&filler{store: s, versions: make(map[string]uint64)}).fill(ctx, c.events); err != nil {
			return nil, errors.Join(fmt.Errorf("fill %s: %w", sideNames[i], err), closeAll(stores))
		}
	}
	c.filled = stores
	return stores, nil
}

// close stops the databases.
func (c *contenders) close() error {
	err := closeAll(c.filled)
	for _, e := range c.engines {
		err = errors.Join(err, e.close())
	}
	c.engines, c.filled = nil, nil
	return err
}

func closeAll(stores []store) error {
	var errs []error
	for _, s := range stores {
		errs = append(errs, s.close())
	}
	return errors.Join(errs...)
}
