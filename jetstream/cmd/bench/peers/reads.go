package main

import (
	"context"
	"fmt"
	"time"
)

// warm is a workload that begins with loads of some small aggregates, before the
// clock runs: our server forgets within seconds what it read from disk, and while
// it reads the whole store from there a turn is over.
func (c *contenders) warm(s store, w workload) workload {
	const aggregates = 20
	return func(ctx context.Context, turn time.Duration) (float64, error) {
		count := c.events / smallEvents
		for i := range aggregates {
			if _, _, err := s.load(ctx, smallID(i*count/aggregates)); err != nil {
				return 0, err
			}
		}
		return w(ctx, turn)
	}
}

// loadsSmall are of any small aggregate whose events are of some kinds.
func (c *contenders) loadsSmall(kinds, readers int) row {
	name := fmt.Sprintf("load of %d events of %s by %s", smallEvents, count(kinds, "kind"), count(readers, "reader"))
	return c.loads(name, smallEvents, readers, func(i int) string {
		n := i * 7919 * 2 % (c.events / smallEvents) // neighbours do not follow each other
		if kinds == 1 {
			n++
		}
		return smallID(n)
	})
}

// loadsLarge are of the large aggregates in turn.
func (c *contenders) loadsLarge() row {
	name := fmt.Sprintf("load of %d events of %d kinds by 1 reader", largeEvents, len(ofEachKind))
	return c.loads(name, largeEvents, 1, func(i int) string { return largeID(i % largeCount) })
}

func (c *contenders) loads(name string, events, readers int, id func(i int) string) row {
	return c.onFilled(name, readers, func(ctx context.Context, s store, i int) error {
		d, _, err := s.load(ctx, id(i))
		if err == nil && d.Changes != events {
			err = fmt.Errorf("%s has %d events, want %d", id(i), d.Changes, events)
		}
		return err
	})
}

// folds read all events.
func (c *contenders) folds() row {
	want := filledEvents(c.events)
	r := row{name: fmt.Sprintf("fold of all %d events, %s", want, c.name()), unit: rate}
	r.setup = func(ctx context.Context) (workloads []workload, _ func() error, err error) {
		stores, err := c.fill(ctx)
		for _, s := range stores {
			workloads = append(workloads, once(want, func(ctx context.Context) error {
				t, err := s.fold(ctx)
				if err == nil && t.Events != want {
					err = fmt.Errorf("folded %d events, want %d", t.Events, want)
				}
				return err
			}))
		}
		return workloads, nil, err
	}
	return r
}
