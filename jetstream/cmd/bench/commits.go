package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jetsource/jetsource/core"
)

// commitSuites compare commits to new aggregates, by replicas, syncing, events in
// a commit and writers.
func commitSuites() []suite {
	return []suite{
		commitSuite(newDeployment(1, true), 1, 3, 10, 100),
		commitSuite(newDeployment(1, false), 1, 3, 10, 100),
		commitSuite(newDeployment(3, true), 1, 3, 10, 100),
		commitSuite(newDeployment(3, false), 1, 3),
	}
}

func commitSuite(d *deployment, events ...int) suite {
	s := suite{deployment: d}
	for _, n := range events {
		for _, writers := range []int{1, 8, 64} {
			s.comparisons = append(s.comparisons, commits(d, n, writers))
		}
	}
	s.comparisons = append(s.comparisons, commits(d, 1, 512))
	// With one lazy replica an ack costs too little for a group commit to pay.
	if d.replicas > 1 || !d.lazy {
		s.comparisons = append(s.comparisons, groupCommits(d, 64), groupCommits(d, 512))
	}
	s.comparisons = append(s.comparisons, uncheckedCommits(d))
	return s
}

// commits compares commits of some events. Each commit is made on version zero of
// an aggregate of its own.
func commits(d *deployment, events, writers int) comparison {
	name := fmt.Sprintf("commit of %s by %s, %s", count(events, "event"), count(writers, "writer"), d.name)
	against := "js.PublishMsg"
	if events > 1 {
		against = "one atomic batch for each commit"
	}
	return comparison{name: name, against: against, unit: perSecond, setup: func(ctx context.Context) (pair, error) {
		s, r, err := d.newStoreAndRawClient(ctx)
		if err != nil {
			return pair{}, err
		}
		var ids newIDs
		return pair{
			library: concurrent(writers, commitToNew(s, &ids, repeat(events))),
			baseline: concurrent(writers, func(ctx context.Context) error {
				if events == 1 {
					return r.publish(ctx, ids.next())
				}
				return r.commitEvents(ctx, ids.next(), events)
			}),
		}, nil
	}}
}

// groupCommits compares writers that each wait for their own commit with one
// client that sends batches of as many commits, one after the other. The ratio is
// the share of the server's rate that group commit reaches.
func groupCommits(d *deployment, writers int) comparison {
	name := fmt.Sprintf("group commit of 1 event by %d writers, %s", writers, d.name)
	against := fmt.Sprintf("batches of %d commits, one after the other", writers)
	return comparison{name: name, against: against, unit: perSecond, setup: func(ctx context.Context) (pair, error) {
		s, r, err := d.newStoreAndRawClient(ctx)
		if err != nil {
			return pair{}, err
		}
		var ids newIDs
		batches := concurrent(1, func(ctx context.Context) error { return r.commitAggregates(ctx, ids.next(), writers) })
		return pair{
			library: concurrent(writers, commitToNew(s, &ids, repeat(1))),
			baseline: func(ctx context.Context, round time.Duration) (sample, error) {
				got, err := batches(ctx, round)
				got.rate *= float64(writers)
				return got, err
			},
		}, nil
	}}
}

// uncheckedCommits compares a commit that reads the version of its aggregate
// first with a publish that need not.
func uncheckedCommits(d *deployment) comparison {
	name := "unchecked commit of 1 event by 1 writer, " + d.name
	return comparison{name: name, against: "js.PublishMsg", unit: perSecond, setup: func(ctx context.Context) (pair, error) {
		s, r, err := d.newStoreAndRawClient(ctx)
		if err != nil {
			return pair{}, err
		}
		var ids newIDs
		events := repeat(1)
		return pair{
			library: concurrent(1, func(ctx context.Context) error {
				_, err := core.CommitEvents(ctx, s, key(ids.next()), events, author)
				return err
			}),
			baseline: concurrent(1, func(ctx context.Context) error { return r.publish(ctx, ids.next()) }),
		}, nil
	}}
}

// commitToNew commits events to a new aggregate, on version zero.
func commitToNew(s *store, ids *newIDs, events []core.Event) operation {
	return func(ctx context.Context) error {
		_, err := core.CommitEventsOptimistic(ctx, s, key(ids.next()), core.Version[uint64]{}, events, author)
		return err
	}
}
