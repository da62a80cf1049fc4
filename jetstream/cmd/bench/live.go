package main

import (
	"context"

	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/projection"
)

// liveSuite compares the time from a commit until a live projection shows it with
// the time from a publish until a consumer's callback.
func liveSuite() suite {
	d := newDeployment(1, true)
	return suite{deployment: d, comparisons: []comparison{{
		name: "commit until visible in a live projection", against: "publish until a consumer's callback", unit: latency,
		setup: func(ctx context.Context) (pair, error) {
			s, r, err := d.newStoreAndRawClient(ctx)
			if err != nil {
				return pair{}, err
			}
			var ids newIDs
			library, stopLive, err := commitUntilVisible(ctx, s, &ids)
			if err != nil {
				return pair{close: stopLive}, err
			}
			baseline, stopConsumer, err := publishUntilReceived(ctx, r, &ids)
			return pair{library: library, baseline: baseline, close: func() {
				stopConsumer()
				stopLive()
			}}, err
		},
	}}}
}

func commitUntilVisible(ctx context.Context, s *store, ids *newIDs) (_ workload, stop func(), err error) {
	live := projection.NewLive(s, projection.Define("totals", addTo(func(e changed) int { return len(e.Text) })))
	running, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = live.Run(running) // an error of it is one of Wait too
	}()
	stop = func() {
		cancel()
		<-ended
	}
	events := repeat(1)
	return repeated(func(ctx context.Context) error {
		position, err := core.CommitEventsOptimistic(ctx, s, key(ids.next()), core.Version[uint64]{}, events, author)
		if err != nil {
			return err
		}
		return live.Wait(ctx, core.At(position))
	}), stop, live.CatchUp(ctx)
}

func publishUntilReceived(ctx context.Context, r *rawClient, ids *newIDs) (_ workload, stop func(), err error) {
	consumer, err := r.js.CreateConsumer(ctx, r.stream, natsjs.ConsumerConfig{AckPolicy: natsjs.AckNonePolicy})
	if err != nil {
		return nil, func() {}, err
	}
	received := make(chan struct{}, 1)
	consuming, err := consumer.Consume(func(natsjs.Msg) { received <- struct{}{} })
	if err != nil {
		return nil, func() {}, err
	}
	return repeated(func(ctx context.Context) error {
		if err := r.publish(ctx, ids.next()); err != nil {
			return err
		}
		select {
		case <-received:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}), consuming.Stop, nil
}
