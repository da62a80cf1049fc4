//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/cluster"
)

// participants are the clients of a run.
type participants struct {
	control     *client  // for controls, and for questions after the load
	writers     []string // names
	workers     []*worker
	subscribers []*subscriber
	contended   *contendedAggregates
	snapshots   *cluster.Line  // of the loaders' snapshots
	second      *second        // nil if there is none
	closers     []func() error // of all stores and connections

	transactions *transactions // nil if there are none
}

// close closes all stores and connections.
func (p *participants) close() (err error) {
	for _, f := range slices.Backward(p.closers) {
		err = errors.Join(err, f())
	}
	return err
}

func (r *run) startSubscribers(ctx context.Context, g *group) error {
	for i := range r.options.load.size.subscribers {
		c, err := r.newClient(ctx, fmt.Sprintf("subscriber%d", i), i, r.cluster.URLs(i))
		if err != nil {
			return err
		}
		s := &subscriber{client: c}
		s.received.Name = c.name
		r.subscribers = append(r.subscribers, s)
		g.run(s.run)
	}
	return nil
}

func (r *run) startWorkers(ctx context.Context, g *group) error {
	for i := range r.options.load.size.workers {
		c, err := r.newClient(ctx, fmt.Sprintf("worker%d", i), i, r.cluster.URLs(i))
		if err != nil {
			return err
		}
		leases, err := r.openLeases(ctx, c.nc)
		if err != nil {
			return fmt.Errorf("open leases: %w", err)
		}
		w := &worker{client: c, reactor: "receipts", create: func() *itemWorker {
			return reactor.NewWorker(c.store, newReactor()).WithLeases(leases)
		}}
		r.workers = append(r.workers, w)
		g.run(w.run)
	}
	return nil
}

// startEffects starts the workers of the reactor with effects. Each has a line of its
// own to the servers.
func (r *run) startEffects(ctx context.Context, g *group) error {
	for i := range r.options.load.size.effects {
		line, err := r.newLine()
		if err != nil {
			return err
		}
		c, err := r.newClient(ctx, fmt.Sprintf("effects%d", i), i, line.URLs(i))
		if err != nil {
			return err
		}
		leases, err := r.openLeases(ctx, c.nc)
		if err != nil {
			return fmt.Errorf("open leases: %w", err)
		}
		e := r.recorder.effects
		w := &worker{client: c, reactor: "effects", line: line, create: func() *itemWorker {
			return reactor.NewWorker(c.store, e.reactor(c.name)).WithLeases(&numberedLeases{Leases: leases, effects: e, worker: c.name})
		}}
		r.workers = append(r.workers, w)
		g.run(w.run)
	}
	return nil
}

func (r *run) newLine() (*cluster.Line, error) {
	line, err := r.cluster.NewLine()
	if err == nil {
		r.closers = append(r.closers, func() error { line.Close(); return nil })
	}
	return line, err
}

// startWriters starts the writers. One of them also resolves ambiguous commits
// while the load lasts.
func (r *run) startWriters(ctx context.Context, g *group) error {
	o := r.options.load
	for i := range o.size.writers {
		c, err := r.newClient(ctx, fmt.Sprintf("client%d", i), i, r.cluster.URLs(i))
		if err != nil {
			return err
		}
		w := &writer{client: c, contended: r.contended, pause: o.pause(), known: newKnownVersions()}
		r.writers = append(r.writers, c.name)
		for t := range o.size.threads {
			rng := rand.New(rand.NewPCG(o.seed, uint64(1+i*o.size.threads+t)))
			g.run(func(loading context.Context) { w.run(loading, ctx, fmt.Sprintf("%s-%d", w.name, t), rng) })
		}
		if i == 0 {
			g.run(w.keepResolving)
		}
	}
	return nil
}

// startLoaders starts loaders that commit too, and pinned ones that only load. Only
// a client that does not wait for a commit of its own sees what a leader without
// followers answers.
func (r *run) startLoaders(ctx context.Context, g *group) (err error) {
	if r.snapshots, err = r.newLine(); err != nil {
		return err
	}
	for i := range r.options.load.size.loaders {
		if err := r.startLoader(ctx, g, i, true, cluster.Size); err != nil {
			return err
		}
	}
	for i := range r.options.load.size.pinnedLoaders {
		if err := r.startLoader(ctx, g, r.options.load.size.loaders+i, false, 1); err != nil {
			return err
		}
	}
	return nil
}

// startLoader starts a loader that is connected to some of the servers. Its snapshots
// have a connection of their own.
func (r *run) startLoader(ctx context.Context, g *group, i int, commits bool, servers int) error {
	c, err := r.newClient(ctx, fmt.Sprintf("loader%d", i), i, r.cluster.URLs(i)[:servers])
	if err != nil {
		return err
	}
	nc, err := connect(r.snapshots.URLs(i)[:servers], c.name+" snapshots")
	if err != nil {
		return err
	}
	r.closers = append(r.closers, func() error { nc.Close(); return nil })
	s, err := r.openSnapshots(ctx, nc, r.recorder)
	if err != nil {
		return fmt.Errorf("open snapshots: %w", err)
	}
	l := &loader{client: c, contended: r.contended, snapshots: s, commits: commits}
	rng := rand.New(rand.NewPCG(r.options.load.seed, uint64(1000+i)))
	g.run(func(loading context.Context) { l.run(loading, ctx, rng) })
	return nil
}
