package main

import (
	"context"
	"fmt"

	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/reactor"
)

// reactorSuite compares a reactor that answers each event with another one with a durable
// consumer that publishes as many in batches.
func reactorSuite(d *deployment, inputs int) suite {
	name := fmt.Sprintf("reactor, an output for each of %d inputs, %s", inputs, d.name)
	return suite{deployment: d, comparisons: []comparison{{
		name: name, against: "durable consumer and batches of 100", unit: perSecond,
		setup: func(ctx context.Context) (pair, error) {
			s, r, err := d.newStoreAndRawClient(ctx)
			if err != nil {
				return pair{}, err
			}
			library, err := react(ctx, s, inputs)
			if err != nil {
				return pair{}, err
			}
			baseline, err := r.react(ctx, inputs)
			return pair{library: library, baseline: baseline}, err
		},
	}}}
}

// answered is the output of the reactor.
type answered struct{ changed }

func (answered) EventKind() string { return "answered" }

// react has a new reactor answer all inputs in each turn.
func react(ctx context.Context, s *store, inputs int) (workload, error) {
	var ids newIDs
	var last uint64
	for range inputs / 100 {
		var commits []core.Commit[string, uint64, string]
		for range 100 {
			commits = append(commits, core.Commit[string, uint64, string]{Key: key(ids.next()), Events: repeat(1), Metadata: author})
		}
		committed, err := s.Commit(ctx, commits...)
		if err != nil {
			return nil, err
		}
		last = committed[len(committed)-1].Position
	}
	turn := 0
	return once(inputs, func(ctx context.Context) error {
		turn++
		kind := fmt.Sprint("answer-", turn)
		answer := reactor.Define(kind, reactor.Produce(func(_ context.Context, e core.Recorded[changed, string, uint64, string]) ([]core.Commit[string, uint64, string], error) {
			return []core.Commit[string, uint64, string]{{Key: core.Key[string]{Kind: kind, ID: e.Key.ID}, Events: []core.Event{answered{e.Event}}, Metadata: author}}, nil
		}))
		running, cancel := context.WithCancel(ctx)
		worker, ended := reactor.NewWorker(s, answer), make(chan error, 1)
		go func() { ended <- worker.Run(running) }()
		err := worker.Wait(ctx, core.At(last))
		cancel()
		if failed := <-ended; err == nil {
			err = failed
		}
		return err
	}), nil
}

// react has a new durable consumer receive all inputs in each turn, which acks them when
// their outputs are published. After a crash it publishes some twice.
func (r *rawClient) react(ctx context.Context, inputs int) (workload, error) {
	for i := range inputs / 100 {
		if err := r.commitAggregates(ctx, fmt.Sprint("input-", i), 100); err != nil {
			return nil, err
		}
	}
	turn := 0
	return once(inputs, func(ctx context.Context) error {
		turn++
		name := fmt.Sprint("react-", turn)
		consumer, err := r.js.CreateConsumer(ctx, r.stream, natsjs.ConsumerConfig{Durable: name, AckPolicy: natsjs.AckAllPolicy, MaxAckPending: -1})
		if err != nil {
			return err
		}
		defer func() { _ = r.js.DeleteConsumer(ctx, r.stream, name) }()
		messages, err := consumer.Messages()
		if err != nil {
			return err
		}
		defer messages.Stop()
		for i := range inputs {
			m, err := messages.Next(natsjs.NextContext(ctx))
			if err != nil {
				return err
			}
			if err := decode(m.Data()); err != nil {
				return err
			}
			if i%100 < 99 {
				continue
			}
			if err := r.commitAggregates(ctx, fmt.Sprint(name, "-", i), 100); err != nil {
				return err
			}
			if err := m.Ack(); err != nil {
				return err
			}
		}
		return nil
	}), nil
}
