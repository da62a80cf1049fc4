package main

import (
	"context"
	"fmt"
	"sync/atomic"
)

// row is a row of the table: a workload that all sides run in turn.
type row struct {
	name string
	unit unit
	// setup returns the workload of each side. Close, if it is not nil, ends what
	// setup began.
	setup func(ctx context.Context) (workloads []workload, close func() error, err error)
}

// unit is what a figure is.
type unit int

const (
	duration unit = iota // seconds: less is better
	rate                 // operations a second: more is better
)

// rows returns the rows of some databases, in the order in which they run.
func (c *contenders) rows() []row {
	var all []row
	for _, events := range []int{1, 3, 10} {
		for _, writers := range []int{1, 8, 64} {
			all = append(all, c.commits(events, writers))
		}
	}
	all = append(all, c.loadsSmall(8, 1), c.loadsSmall(8, 8), c.loadsSmall(8, 64),
		c.loadsSmall(1, 1), c.loadsSmall(1, 8), c.loadsSmall(1, 64), c.loadsLarge(), c.folds())
	for _, cached := range []bool{false, true} {
		for _, writers := range []int{1, 8, 64} {
			all = append(all, c.updates(len(all), writers, cached))
		}
	}
	return all
}

// of is a workload of one client that is timed, or of several.
func of(clients int, op operation) (workload, unit) {
	if clients == 1 {
		return timed(op), duration
	}
	return concurrent(clients, op), rate
}

// commits are to new aggregates, in a store of their own.
func (c *contenders) commits(events, writers int) row {
	r := row{name: fmt.Sprintf("commit of %s by %s, %s", count(events, "event"), count(writers, "writer"), c.name())}
	_, r.unit = of(writers, nil)
	r.setup = func(ctx context.Context) (workloads []workload, _ func() error, err error) {
		stores, err := c.open(ctx)
		for _, s := range stores {
			var ids newIDs
			w, _ := of(writers, func(ctx context.Context) error {
				_, err := s.commit(ctx, commit{id: ids.next(), events: repeat(events)})
				return err
			})
			workloads = append(workloads, w)
		}
		return workloads, func() error { return closeAll(stores) }, err
	}
	return r
}

// onFilled is a row whose operation gets the number of calls before it.
func (c *contenders) onFilled(name string, clients int, op func(ctx context.Context, s store, i int) error) row {
	r := row{name: name + ", " + c.name()}
	_, r.unit = of(clients, nil)
	r.setup = func(ctx context.Context) (workloads []workload, _ func() error, err error) {
		stores, err := c.fill(ctx)
		for _, s := range stores {
			var calls atomic.Int64
			w, _ := of(clients, func(ctx context.Context) error { return op(ctx, s, int(calls.Add(1)-1)) })
			workloads = append(workloads, c.warm(s, w))
		}
		return workloads, nil, err
	}
	return r
}

// updated is how many aggregates a row updates in turn.
const updated = 2000

// updates are of aggregates with events of eight kinds, of others in each row, so
// that they have few more than ten events.
func (c *contenders) updates(number, writers int, cached bool) row {
	name := fmt.Sprintf("update of %d events by %s", smallEvents, count(writers, "writer"))
	if cached {
		name += ", ours with its cache"
	}
	id := func(i int) string { return smallID(2 * (number*updated + i%updated) % (c.events / smallEvents)) }
	r := c.onFilled(name, writers, func(ctx context.Context, s store, i int) error { return s.update(ctx, id(i), cached) })
	if !cached {
		return r
	}
	measured := r.setup
	r.setup = func(ctx context.Context) ([]workload, func() error, error) {
		stores, err := c.fill(ctx)
		for i := 0; err == nil && i < updated; i++ {
			err = stores[0].update(ctx, id(i), true) // fills the cache
		}
		if err != nil {
			return nil, nil, err
		}
		return measured(ctx)
	}
	return r
}
