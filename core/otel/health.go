package otel

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/health"
)

// states are those that jetsource.runner.status tells apart.
var states = []core.RunnerState{core.RunnerNew, core.RunnerWorking, core.RunnerWaiting, core.RunnerFailing, core.RunnerStopped}

// WatchHealth adds the health of runners to the metrics, by their names:
// jetsource.runner.lag in events, jetsource.runner.behind in seconds, and
// jetsource.runner.status, which is 1 for the state that the runner is in and 0 for
// others. Stores are asked whenever metrics are read. The caller unregisters what it returns
// when the runners have ended.
func WatchHealth(cfg Config, runners map[string]health.Runner) (metric.Registration, error) {
	if cfg.MeterProvider == nil {
		cfg.MeterProvider = otel.GetMeterProvider()
	}
	meter := cfg.MeterProvider.Meter(scope, metric.WithSchemaURL(semconv.SchemaURL))
	lag, err := meter.Int64ObservableGauge("jetsource.runner.lag", metric.WithUnit("{event}"),
		metric.WithDescription("Events of the store after the last one that a runner has processed."))
	if err != nil {
		return nil, err
	}
	behind, err := meter.Float64ObservableGauge("jetsource.runner.behind", metric.WithUnit("s"),
		metric.WithDescription("Age of the oldest event that a runner has not processed."))
	if err != nil {
		return nil, err
	}
	status, err := meter.Int64ObservableGauge("jetsource.runner.status",
		metric.WithDescription("1 for the state that a runner is in, 0 for others."))
	if err != nil {
		return nil, err
	}
	observe := func(ctx context.Context, o metric.Observer) (failed error) {
		for name, runner := range runners {
			h, err := runner.Health(ctx)
			of := attribute.NewSet(keyName.String(name))
			if err == nil {
				o.ObserveInt64(lag, int64(h.Lag), metric.WithAttributeSet(of))
				o.ObserveFloat64(behind, h.Behind.Seconds(), metric.WithAttributeSet(of))
			} else {
				failed = fmt.Errorf("health of %s: %w", name, err)
			}
			for _, s := range states {
				o.ObserveInt64(status, one(s == h.State), metric.WithAttributes(keyName.String(name), keyState.String(string(s))))
			}
		}
		return failed
	}
	return meter.RegisterCallback(observe, lag, behind, status)
}

func one(is bool) int64 {
	if is {
		return 1
	}
	return 0
}
