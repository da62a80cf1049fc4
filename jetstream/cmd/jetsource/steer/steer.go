// Package steer looks at the reactors of a store, and steers them, without the types of the
// application. What needs these, a replay, it asks of the workers that run.
package steer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
)

// Config says which reactors they are.
type Config struct {
	Conn   *nats.Conn
	Log    *rawlog.Log // of the store
	Domain string      // of the store; empty for that of the connected server
	// Leases is the bucket with the leases of the workers. Empty for none: then it is not known
	// who runs, and how far a reactor without outputs is.
	Leases string
	// Write lets the reactors be steered. Without it nothing is written.
	Write bool
}

// Reactors are those of a store. Close ends what Open began.
type Reactors struct {
	log    *rawlog.Log
	store  *jetstream.Store[string, core.NoMetadata]
	leases *jetstream.Leases // nil if there are none
}

type worker = reactor.Worker[string, uint64, core.NoMetadata]

// Open opens the store, and the leases if their bucket exists.
func Open(ctx context.Context, cfg Config) (*Reactors, error) {
	l, quiet := cfg.Log, slog.New(slog.DiscardHandler) // what fails is told by errors
	r := &Reactors{log: l}
	if cfg.Leases != "" {
		var err error
		if r.leases, err = openLeases(ctx, cfg, quiet); err != nil {
			return nil, fmt.Errorf("leases in %s: %w", cfg.Leases, err)
		}
	}
	store, err := jetstream.Open[string, core.NoMetadata](ctx, cfg.Conn, jetstream.Config{
		Stream: l.Info().Config.Name, Prefix: l.Prefix(), Domain: cfg.Domain, Memory: l.IsMemory(),
		MustExist: true, ReadOnly: !cfg.Write, Logger: quiet,
	})
	r.store = store
	return r, err
}

// openLeases opens the leases; nil if there is no such bucket.
func openLeases(ctx context.Context, cfg Config, quiet *slog.Logger) (*jetstream.Leases, error) {
	_, err := cfg.Log.JetStream().KeyValue(ctx, cfg.Leases) // to open leases is to make the bucket
	if errors.Is(err, natsjs.ErrBucketNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return jetstream.OpenLeases(ctx, cfg.Conn, jetstream.LeaseConfig{Bucket: cfg.Leases, Domain: cfg.Domain, Logger: quiet})
}

// Close closes the store.
func (r *Reactors) Close() error { return r.store.Close() }

// Names returns the names of all reactors that have run on a store, in order.
func Names(ctx context.Context, l *rawlog.Log) ([]string, error) {
	subjects, err := l.Subjects(ctx, l.Prefix()+".layout.*.layout")
	if err != nil {
		return nil, err
	}
	names := make(map[string]bool)
	for subject := range subjects {
		if name, ok := reactor.NameOf(strings.Split(subject, ".")[2]); ok {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names)), nil
}

// Each calls fn with the names of all reactors, or with one name that is not empty.
func (r *Reactors) Each(ctx context.Context, name string, fn func(name string) error) error {
	names := []string{name}
	if name == "" {
		var err error
		if names, err = Names(ctx, r.log); err != nil {
			return err
		}
	}
	for _, name := range names {
		if err := fn(name); err != nil {
			return err
		}
	}
	return nil
}

// find returns a worker without handlers.
func (r *Reactors) find(ctx context.Context, name string) (*worker, error) {
	w, err := reactor.Find(ctx, r.store, name)
	if errors.Is(err, reactor.ErrUnknown) {
		return nil, fmt.Errorf("%w; jetsource reactors lists those that have", err)
	}
	if err == nil && r.leases != nil {
		w = w.WithLeases(r.leases)
	}
	return w, err
}

// eventAt returns the event at a position, without its payload.
func (r *Reactors) eventAt(ctx context.Context, position uint64) (*view.Record, error) {
	m, err := r.log.At(ctx, position)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, fmt.Errorf("there is no message at position %d", position)
	}
	e := view.NewRecord(m)
	e.Data, e.Metadata = nil, nil
	return &e, nil
}
