//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
)

// participants are the clients of a run.
type participants struct {
	control     *client  // for controls, and for questions after the load
	writers     []string // names
	workers     []*worker
	subscribers []*subscriber
	contended   *contendedAggregates
	closers     []func() error // of all stores and connections
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
		w := &worker{client: c, leases: leases}
		r.workers = append(r.workers, w)
		g.run(w.run)
	}
	return nil
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
func (r *run) startLoaders(ctx context.Context, g *group) error {
	for i := range r.options.load.size.loaders {
		if err := r.startLoader(ctx, g, i, true, r.cluster.URLs(i+1)); err != nil {
			return err
		}
	}
	for i := range r.options.load.size.pinnedLoaders {
		if err := r.startLoader(ctx, g, r.options.load.size.loaders+i, false, r.cluster.URLs(i)[:1]); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) startLoader(ctx context.Context, g *group, i int, commits bool, urls []string) error {
	c, err := r.newClient(ctx, fmt.Sprintf("loader%d", i), i, urls)
	if err != nil {
		return err
	}
	s, err := r.openSnapshots(ctx, c.nc)
	if err != nil {
		return fmt.Errorf("open snapshots: %w", err)
	}
	l := &loader{client: c, contended: r.contended, snapshots: s, commits: commits}
	rng := rand.New(rand.NewPCG(r.options.load.seed, uint64(1000+i)))
	g.run(func(loading context.Context) { l.run(loading, ctx, rng) })
	return nil
}
