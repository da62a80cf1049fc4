package steer

import (
	"context"
	"time"

	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
)

// The states of a reactor.
const (
	Running = "running"
	Failing = "failing" // a reaction is tried again and again
	Paused  = "paused"
	Stopped = "stopped" // no worker has its partitions
	Unknown = "unknown" // it has no leases that would tell
)

// Reactor is how a reactor does.
type Reactor struct {
	Name  string   `json:"name"`
	State string   `json:"state"`
	Kinds []string `json:"kinds"` // of the events that it takes
	Progress
	Crew   Crew                    `json:"crew"`
	Faults []reactor.Fault[uint64] `json:"faults"` // what is tried again
	Parked int                     `json:"parked"`
	Timers int                     `json:"timers"` // that are pending
}

// Details are how a reactor does, what it has parked, and its timers.
type Details struct {
	Reactor
	ParkedEvents  []Parked `json:"parked_events"`
	PendingTimers []Timer  `json:"pending_timers"`
}

// Progress is how far a reactor is.
type Progress struct {
	Position uint64 `json:"position"` // up to which it has processed all
	// Lag is how many events there are from the first that it has not processed on, those of
	// other kinds and what the library records among them; 0 if all that are for it are
	// processed.
	Lag    uint64       `json:"lag"`
	Behind float64      `json:"behind_seconds"` // since that first one was recorded
	Next   *view.Record `json:"next,omitempty"` // that first one, without its payload
}

// Crew is who runs a reactor.
type Crew struct {
	Partitions int      `json:"partitions"`
	Workers    []Worker `json:"workers"`
	// Silent is how long ago a worker was heard of, in seconds; nil if the reactor has no leases.
	Silent *float64 `json:"silent_seconds,omitempty"`
}

// Worker is a worker, and the numbers of its partitions.
type Worker struct {
	Name       string `json:"name"`
	Partitions []int  `json:"partitions"`
}

// silence is how long workers may be silent before they count as gone.
const silence = 10 * time.Second

// List returns how all reactors do, in the order of their names.
func (r *Reactors) List(ctx context.Context) ([]Reactor, error) {
	all := []Reactor{}
	err := r.Each(ctx, "", func(name string) error {
		one, err := r.Show(ctx, name)
		all = append(all, one.Reactor)
		return err
	})
	return all, err
}

// Show returns how a reactor does.
func (r *Reactors) Show(ctx context.Context, name string) (d Details, err error) {
	d.Name, d.Faults = name, []reactor.Fault[uint64]{}
	w, err := r.find(ctx, name)
	if err != nil {
		return d, err
	}
	status, err := w.Status(ctx)
	if err != nil {
		return d, err
	}
	if d.ParkedEvents, err = parkedOf(ctx, w, name); err != nil {
		return d, err
	}
	if d.PendingTimers, err = timersOf(ctx, w, name); err != nil {
		return d, err
	}
	d.Kinds, d.Parked, d.Timers = append([]string{}, status.Kinds...), len(d.ParkedEvents), len(d.PendingTimers)
	for _, p := range status.Partitions {
		if p.Fault != nil {
			d.Faults = append(d.Faults, *p.Fault)
		}
	}
	if d.Progress, err = r.progress(ctx, status); err != nil {
		return d, err
	}
	d.Crew, err = r.crew(ctx, w, status)
	d.State = d.state(status.Paused)
	return d, err
}

func (r *Reactors) progress(ctx context.Context, status reactor.Status[uint64]) (p Progress, err error) {
	p.Position, _ = status.Processed.Position()
	p.Lag = status.Lag
	if next, ok := status.Next.Position(); ok {
		if p.Next, err = r.eventAt(ctx, next); err == nil {
			p.Behind = max(time.Since(p.Next.Time)+r.log.Skew(), 0).Seconds()
		}
	}
	return p, err
}

func (r *Reactors) crew(ctx context.Context, w *worker, status reactor.Status[uint64]) (Crew, error) {
	c := Crew{Partitions: len(status.Partitions), Workers: []Worker{}}
	if r.leases == nil {
		return c, nil
	}
	age, ok, err := r.leases.LeaseAge(ctx, w.LeaseName())
	if err != nil || !ok {
		return c, err
	}
	c.Silent = new(age.Seconds())
	at := make(map[string]int)
	for n, p := range status.Partitions {
		if p.Worker == "" {
			continue
		}
		i, known := at[p.Worker]
		if !known {
			i = len(c.Workers)
			at[p.Worker] = i
			c.Workers = append(c.Workers, Worker{Name: p.Worker})
		}
		c.Workers[i].Partitions = append(c.Workers[i].Partitions, n)
	}
	return c, nil
}

// state says in a word how a reactor does.
func (one *Reactor) state(paused bool) string {
	switch c := one.Crew; {
	case paused:
		return Paused
	case c.Silent == nil:
		return Unknown
	case len(c.Workers) == 0 || *c.Silent > silence.Seconds():
		return Stopped
	case len(one.Faults) > 0:
		return Failing
	}
	return Running
}
