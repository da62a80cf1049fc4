package otel

import (
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/jetsource/jetsource/core"
)

const scope = "github.com/jetsource/jetsource/core/otel"

// maxTraceAge is the age up to which the trace of an event goes on in projections and
// read models.
const maxTraceAge = 10 * time.Minute

// Config says where spans and metrics go.
type Config struct {
	// TracerProvider receives spans. Default the global one.
	TracerProvider trace.TracerProvider
	// MeterProvider receives metrics. Default the global one.
	MeterProvider metric.MeterProvider
}

// observer has the hooks.
type observer struct {
	tracer  trace.Tracer
	metrics *instruments
}

// NewObserver returns the observer for a store. The error is one of the meter provider.
func NewObserver(cfg Config) (*core.Observer, error) {
	if cfg.TracerProvider == nil {
		cfg.TracerProvider = otel.GetTracerProvider()
	}
	if cfg.MeterProvider == nil {
		cfg.MeterProvider = otel.GetMeterProvider()
	}
	metrics, err := newInstruments(cfg.MeterProvider.Meter(scope, metric.WithSchemaURL(semconv.SchemaURL)))
	if err != nil {
		return nil, err
	}
	o := &observer{cfg.TracerProvider.Tracer(scope, trace.WithSchemaURL(semconv.SchemaURL)), metrics}
	return &core.Observer{
		Command: o.command, Load: o.load, Commit: o.commit, Snapshot: o.snapshot,
		Fold: o.fold, React: o.react, Apply: o.apply, Fault: o.fault,
	}, nil
}
