package main

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
)

// updateSuite compares commands, and loads from a snapshot, on one lazy replica.
func updateSuite(z sizes) suite {
	d := newDeployment(1, true)
	return suite{deployment: d, comparisons: []comparison{
		update(d, z.updated, "cached", withCache),
		update(d, z.updated, "cached and copied by a codec", withCodecCache),
		update(d, z.updated, "loaded", func(r *repository) *repository { return r }),
		loadFromSnapshot(d, z.snapshotted),
		contendedUpdates(d, 1),
		contendedUpdates(d, 8),
		contendedUpdates(d, 64),
	}}
}

// update compares one writer that updates aggregates of 10 events, in turn, with a
// raw client that keeps the last sequence of each aggregate in memory.
func update(d *deployment, aggregates int, how string, with func(*repository) *repository) comparison {
	name := fmt.Sprintf("update of %d events, %s", smallEvents, how)
	return comparison{name: name, against: "js.PublishMsg after the last", unit: latency, setup: func(ctx context.Context) (pair, error) {
		s, r, err := d.newStoreAndRawClient(ctx)
		if err != nil {
			return pair{}, err
		}
		repo := with(newRepository(s))
		if err := createDocuments(ctx, s, repo, aggregates); err != nil {
			return pair{}, err
		}
		last, err := r.createDocuments(ctx, aggregates)
		return pair{
			library: numbered(func(ctx context.Context, i int) error {
				_, err := repo.Update(ctx, smallID(i%aggregates), record(event))
				return err
			}),
			baseline: numbered(func(ctx context.Context, i int) (err error) {
				i %= aggregates
				last[i], err = r.publishAfter(ctx, smallID(i), last[i])
				return err
			}),
		}, err
	}}
}

// batchAggregates returns how many new aggregates of ten events are written in
// one atomic batch.
func batchAggregates(aggregates int) int { return min(100, aggregates) }

// createDocuments creates aggregates of 10 events and loads each once, so that a
// cache has them.
func createDocuments(ctx context.Context, s *store, repo *repository, aggregates int) error {
	each := batchAggregates(aggregates)
	for first := 0; first < aggregates; first += each {
		var commits []core.Commit[string, uint64, string]
		for i := range each {
			commits = append(commits, core.Commit[string, uint64, string]{Key: key(smallID(first + i)), Events: repeat(smallEvents), Metadata: author})
		}
		if _, err := s.Commit(ctx, commits...); err != nil {
			return err
		}
	}
	for i := range aggregates {
		if _, _, err := repo.Load(ctx, smallID(i)); err != nil {
			return err
		}
	}
	return nil
}

// createDocuments creates aggregates of 10 events, and returns the sequence of
// the last event of each.
func (r *rawClient) createDocuments(ctx context.Context, aggregates int) ([]uint64, error) {
	stream, err := r.js.Stream(ctx, r.stream)
	if err != nil {
		return nil, err
	}
	last := make([]uint64, aggregates)
	each := batchAggregates(aggregates)
	for first := 0; first < aggregates; first += each {
		err := r.sendBatch(ctx, fmt.Sprint("create-", first), smallEvents*each, func(i int) *nats.Msg {
			return r.message(smallID(first+i/smallEvents), i%smallEvents, smallEvents)
		})
		if err != nil {
			return nil, err
		}
		for i := first; i < first+each; i++ {
			if last[i], err = r.last(ctx, stream, smallID(i)); err != nil {
				return nil, err
			}
		}
	}
	return last, nil
}
