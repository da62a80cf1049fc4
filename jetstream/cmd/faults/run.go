//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/cluster"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

const (
	clients   = 8
	threads   = 4 // of each client
	followers = 3
	workers   = 2
	loaders   = 2

	// endTime is how long all may take, once faults and load have ended, until
	// readers have seen everything.
	endTime = 2 * time.Minute
)

// run is one load with faults on one stream of a cluster.
type run struct {
	cluster *cluster.Cluster
	stream  string
	options options
	out     io.Writer // what happens, as it happens
	rec     *recorder
	admin   *nats.Conn

	targets   *targets
	writers   []string // their names
	followers []*follower
	workers   []*worker
	snapshots []*counting
	control   *client // for controls, and what comes at the end
	closers   []func() error

	loadBegan time.Duration
	faults    []history.Fault
}

func newRun(c *cluster.Cluster, stream string, o options, out io.Writer) *run {
	return &run{cluster: c, stream: stream, options: o, out: out, rec: newRecorder(), targets: &targets{}}
}

func (r *run) logf(format string, args ...any) { _, _ = fmt.Fprintf(r.out, format+"\n", args...) }

// execute runs load and faults, and returns what is known of them in the end. It
// may return a history beside an error: of clients, where servers could not be
// read.
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

// close closes all stores and connections.
func (r *run) close() (err error) {
	for _, f := range slices.Backward(r.closers) {
		err = errors.Join(err, f())
	}
	return err
}

// work runs load and faults, and returns what clients and readers saw.
func (r *run) work(ctx context.Context) (_ *history.History, err error) {
	if r.admin, err = connect(r.cluster.URLs(0), "admin"); err != nil {
		return nil, err
	}
	r.closers = append(r.closers, func() error { r.admin.Close(); return nil })
	if r.control, err = r.newClient(ctx, "control", 0); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}

	// Subscribers follow until everything is written, workers only until the
	// inputs are.
	reading, reacting := newGroup(ctx), newGroup(ctx)
	defer reading.end()
	defer reacting.end()
	if err := r.startFollowers(ctx, reading); err != nil {
		return nil, err
	}
	if err := r.startWorkers(ctx, reacting); err != nil {
		return nil, err
	}
	if err := r.load(ctx); err != nil {
		return nil, err
	}
	if err := r.settle(ctx); err != nil {
		return nil, err
	}
	r.logf("%6.1fs  waiting for the reactor", r.rec.now().Seconds())
	r.waitUntil(ctx, func() bool {
		return slices.ContainsFunc(r.workers, func(w *worker) bool { return w.done(ctx) })
	})
	reacting.end()
	if act := r.options.control.act; act != nil {
		if err := act(ctx, r.control); err != nil {
			return nil, fmt.Errorf("control: %w", err)
		}
	}
	r.logf("%6.1fs  waiting for the subscribers", r.rec.now().Seconds())
	r.waitUntil(ctx, func() bool { return r.caughtUp(ctx) })
	reading.end()
	return r.history(), ctx.Err()
}

func (r *run) startFollowers(ctx context.Context, g *group) error {
	for i := range followers {
		c, err := r.newClient(ctx, fmt.Sprintf("subscriber%d", i), i)
		if err != nil {
			return err
		}
		f := &follower{client: c, seen: history.Subscriber{Name: c.name}}
		r.followers = append(r.followers, f)
		g.run(f.follow)
	}
	return nil
}

func (r *run) startWorkers(ctx context.Context, g *group) error {
	for i := range workers {
		c, err := r.newClient(ctx, fmt.Sprintf("worker%d", i), i)
		if err != nil {
			return err
		}
		leases, err := jetstream.OpenLeases(ctx, c.nc, jetstream.LeaseConfig{Bucket: "LEASES-" + r.stream, Replicas: cluster.Size, Logger: quiet()})
		if err != nil {
			return err
		}
		w := &worker{client: c, leases: leases}
		r.workers = append(r.workers, w)
		g.run(w.work)
	}
	return nil
}

// load runs writers and loaders while the schedule of faults runs.
func (r *run) load(ctx context.Context) error {
	loading := newGroup(ctx)
	defer loading.end()
	r.loadBegan = r.rec.now()
	if err := r.startWriters(ctx, loading); err != nil {
		return err
	}
	if err := r.startLoaders(ctx, loading); err != nil {
		return err
	}
	return r.schedule(ctx, rand.New(rand.NewPCG(r.options.seed, 0)))
}

func (r *run) startWriters(ctx context.Context, g *group) error {
	for i := range clients {
		c, err := r.newClient(ctx, fmt.Sprintf("client%d", i), i)
		if err != nil {
			return err
		}
		w := &writer{client: c, ops: ctx, targets: r.targets, known: make(map[key]version), pause: r.options.pause()}
		r.writers = append(r.writers, w.name)
		for t := range threads {
			rng := rand.New(rand.NewPCG(r.options.seed, uint64(1+i*threads+t)))
			g.run(func(ctx context.Context) { w.work(ctx, fmt.Sprintf("%s-%d", w.name, t), rng) })
		}
		if i == 0 {
			g.run(func(ctx context.Context) { w.resolve(ctx, false) })
		}
	}
	return nil
}

// startLoaders starts loaders that commit too, and one at each server that does
// not, and stays there whatever happens: who waits for a commit does not see what
// a leader without followers shows.
func (r *run) startLoaders(ctx context.Context, g *group) error {
	for i := range loaders + cluster.Size {
		name, urls := fmt.Sprintf("loader%d", i), r.cluster.URLs(i+1)
		commits := i < loaders
		if !commits {
			urls = urls[:1]
		}
		c, err := r.newClientOf(ctx, name, i, urls)
		if err != nil {
			return err
		}
		s, err := c.openSnapshots(ctx, "SNAPSHOTS-"+r.stream)
		if err != nil {
			return err
		}
		r.snapshots = append(r.snapshots, s)
		l := &loader{client: c, ops: ctx, targets: r.targets, snapshots: s, commits: commits}
		rng := rand.New(rand.NewPCG(r.options.seed, 1000+uint64(i)))
		g.run(func(ctx context.Context) { l.work(ctx, rng) })
	}
	return nil
}

// settle heals everything, and finds out what became of every commit.
func (r *run) settle(ctx context.Context) error {
	if err := r.cluster.Heal(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, endTime)
	defer cancel()
	r.control.resolve(ctx, true)
	return nil
}

// caughtUp reports whether each subscriber that has not ended was given all.
func (r *run) caughtUp(ctx context.Context) bool {
	for _, f := range r.followers {
		last, goesOn := f.last()
		if !goesOn {
			continue
		}
		if next, err := r.control.NextVersion(ctx, last, filter{}); err != nil || !next.IsZero() {
			return false
		}
	}
	return true
}

// waitUntil waits until something is so. If it never is, a checker will tell.
func (r *run) waitUntil(ctx context.Context, so func() bool) {
	deadline := time.Now().Add(endTime)
	for !so() && ctx.Err() == nil && time.Now().Before(deadline) {
		wait(ctx, 50*time.Millisecond)
	}
}

// history is what clients and readers have written down.
func (r *run) history() *history.History {
	h := &history.History{
		Run: history.Run{Seed: r.options.seed, Options: r.options.String(), Began: r.rec.began.UTC(), LateLoads: r.rec.late},
		Ops: r.rec.ops, Loads: r.rec.loads, Faults: r.faults,
	}
	for _, s := range r.snapshots {
		h.Run.SnapshotsStored += s.stored.Load()
		h.Run.SnapshotsLoaded += s.loaded.Load()
	}
	for _, w := range r.workers {
		h.Run.WorkerRestarts += w.restarts.Load()
	}
	for _, f := range r.followers {
		h.Subscribers = append(h.Subscribers, f.seen)
	}
	for i := range h.Faults {
		f := &h.Faults[i]
		f.First = firstAck(h.Ops, "", f.Began)
		for _, w := range r.writers {
			f.All = max(f.All, firstAck(h.Ops, w, f.Healed))
		}
	}
	return h
}

// firstAck is when the first commit was acknowledged that a client, or any, asked
// for after a time.
func firstAck(ops []history.Op, client string, since time.Duration) time.Duration {
	first := time.Duration(1<<63 - 1)
	for _, op := range ops {
		if op.Outcome == history.OK && op.Call >= since && (client == "" || op.Client == client) {
			first = min(first, op.Return)
		}
	}
	return first
}

var _ core.EventStore[string, uint64, core.NoMetadata] = (*client)(nil)
