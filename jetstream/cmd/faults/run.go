//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/cluster"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// catchUpTime is how long each of these may take after the last fault has healed:
// resolving ambiguous commits, the reactor, the subscribers, and the followers of
// the stream.
const catchUpTime = 5 * time.Minute

// run is one load with faults on one stream of a cluster.
type run struct {
	cluster  *cluster.Cluster
	disks    *disks // nil unless a fault takes their power
	stream   string
	options  options
	log      io.Writer // what happens, as it happens
	recorder *recorder
	admin    *nats.Conn
	faults   []history.Fault
	participants
}

func newRun(c *cluster.Cluster, stream string, o options, log io.Writer) *run {
	return &run{
		cluster: c, stream: stream, options: o, log: log, recorder: newRecorder(),
		participants: participants{contended: newContendedAggregates(o.load.size.contended)},
	}
}

func (r *run) logf(format string, args ...any) { _, _ = fmt.Fprintf(r.log, format+"\n", args...) }

// execute runs the load with faults, reads the servers, and returns the history.
// If the servers could not be read, it returns what clients recorded beside the
// error.
func (r *run) execute(ctx context.Context) (h *history.History, err error) {
	defer func() { err = errors.Join(err, r.close()) }()
	if h, err = r.work(ctx); err != nil {
		return nil, err
	}
	if err := collect(ctx, r.cluster, map[*run]*history.History{r: h}); err != nil {
		return h, fmt.Errorf("read the servers: %w", err)
	}
	return h, nil
}

// work runs the load with faults and returns what clients recorded.
func (r *run) work(ctx context.Context) (*history.History, error) {
	if err := r.open(ctx); err != nil {
		return nil, err
	}
	// Workers react until all inputs are written, subscribers receive until all
	// outputs are.
	receiving, reacting := newGroup(ctx), newGroup(ctx)
	defer receiving.end()
	defer reacting.end()
	if err := r.startSubscribers(ctx, receiving); err != nil {
		return nil, err
	}
	for _, start := range []func(context.Context, *group) error{r.startWorkers, r.startEffects, r.startSecond} {
		if err := start(ctx, reacting); err != nil {
			return nil, err
		}
	}
	if err := r.load(ctx); err != nil {
		return nil, err
	}
	if err := r.healAndResolve(ctx); err != nil {
		return nil, err
	}
	r.logf("%6.1fs  waiting for the reactors", r.recorder.now().Seconds())
	await(ctx, catchUpTime, func() bool { return r.reactorsAreDone(ctx) }) // if not, a checker tells
	reacting.end()
	if act := r.options.control.act; act != nil {
		if err := act(ctx, r.control); err != nil {
			return nil, fmt.Errorf("control %s: %w", r.options.control.name, err)
		}
	}
	r.logf("%6.1fs  waiting for the subscribers", r.recorder.now().Seconds())
	await(ctx, catchUpTime, func() bool { return r.subscribersAreDone(ctx) }) // likewise
	receiving.end()
	h := r.history()
	if r.transactions != nil {
		var err error
		if h.Transactions, err = r.transactions.read(ctx); err != nil {
			return nil, err
		}
	}
	return h, ctx.Err()
}

// open opens the connections that no participant needs.
func (r *run) open(ctx context.Context) (err error) {
	if r.admin, err = connect(r.cluster.URLs(0), "admin"); err != nil {
		return err
	}
	r.closers = append(r.closers, func() error { r.admin.Close(); return nil })
	r.control, err = r.newClient(ctx, "control", 0, r.cluster.URLs(0))
	return err
}

// load runs writers and loaders while faults are injected.
func (r *run) load(ctx context.Context) error {
	loading := newGroup(ctx)
	defer loading.end()
	if err := r.startWriters(ctx, loading); err != nil {
		return err
	}
	if err := r.startLoaders(ctx, loading); err != nil {
		return err
	}
	if err := r.startTransactions(ctx, loading); err != nil {
		return err
	}
	if s := r.second; s != nil {
		rng := rand.New(rand.NewPCG(r.options.load.seed, 2000))
		loading.run(func(loading context.Context) { s.run(loading, ctx, rng) })
	}
	r.logf("%6.1fs  load begins", r.recorder.now().Seconds())
	return r.injectFaults(ctx, rand.New(rand.NewPCG(r.options.load.seed, 0)))
}

// healAndResolve heals the cluster and finds the outcome of every commit.
func (r *run) healAndResolve(ctx context.Context) error {
	if err := r.heal(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, catchUpTime)
	defer cancel()
	r.control.resolveAll(ctx)
	if r.second != nil {
		r.second.resolveAll(ctx)
	}
	return nil
}

// subscribersAreDone reports whether each subscriber has received all events or
// has failed.
func (r *run) subscribersAreDone(ctx context.Context) bool {
	for _, s := range r.subscribers {
		last, running := s.last()
		if !running {
			continue
		}
		if next, err := r.control.NextVersion(ctx, last, filter{}); err != nil || !next.IsZero() {
			return false
		}
	}
	return true
}
