package otel

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// instruments are the metrics. Durations are in seconds.
type instruments struct {
	commands, loads, commits, snapshots, folds, reactions, applies, delay metric.Float64Histogram
	loaded, committed, applied, faults                                    metric.Int64Counter
}

// buckets are the bounds of durations, in seconds: from a fold to a slow disk.
var buckets = metric.WithExplicitBucketBoundaries(
	.00001, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10,
)

// delayBuckets are for the time from a commit to who acts on it.
var delayBuckets = metric.WithExplicitBucketBoundaries(.001, .005, .01, .05, .1, .5, 1, 5, 10, 60, 600, 3600, 86400)

func newInstruments(meter metric.Meter) (*instruments, error) {
	var errs []error
	seconds := func(name, what string, bounds metric.HistogramOption) metric.Float64Histogram {
		h, err := meter.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(what), bounds)
		errs = append(errs, err)
		return h
	}
	count := func(name, unit, what string) metric.Int64Counter {
		c, err := meter.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(what))
		errs = append(errs, err)
		return c
	}
	m := &instruments{
		commands:  seconds("jetsource.command.duration", "Commands and transactions, with all their attempts.", buckets),
		loads:     seconds("jetsource.load.duration", "Loads of aggregates.", buckets),
		commits:   seconds("jetsource.commit.duration", "Calls of a store's Commit.", buckets),
		snapshots: seconds("jetsource.snapshot.duration", "Loads and offers of snapshots.", buckets),
		folds:     seconds("jetsource.fold.duration", "Folds of events by live projections.", buckets),
		reactions: seconds("jetsource.reaction.duration", "Attempts of reactors, outputs included.", buckets),
		applies:   seconds("jetsource.apply.duration", "Transactions of read models.", buckets),
		delay:     seconds("jetsource.event.delay", "From the commit of an event to who acts on it.", delayBuckets),
		loaded:    count("jetsource.load.events", "{event}", "Events that loads have read."),
		committed: count("jetsource.commit.events", "{event}", "Events that were committed."),
		applied:   count("jetsource.apply.events", "{event}", "Events that read models hold."),
		faults:    count("jetsource.faults", "{fault}", "Failures, by what was done about them."),
	}
	return m, errors.Join(errs...)
}

// took records the time since begun, and what an error was.
func took(ctx context.Context, h metric.Float64Histogram, begun time.Time, err error, of ...attribute.KeyValue) {
	if err != nil {
		of = append(of, errorAttribute(err))
	}
	h.Record(ctx, time.Since(begun).Seconds(), metric.WithAttributeSet(attribute.NewSet(of...)))
}

// add counts.
func add(ctx context.Context, c metric.Int64Counter, n int, of ...attribute.KeyValue) {
	if n > 0 {
		c.Add(ctx, int64(n), metric.WithAttributeSet(attribute.NewSet(of...)))
	}
}
