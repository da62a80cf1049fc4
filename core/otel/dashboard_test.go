package otel_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/VictoriaMetrics/metricsql"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/health"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/otel"
	"github.com/jetsource/jetsource/core/projection"
	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/core/readmodel"
	"github.com/jetsource/jetsource/core/readmodel/targettest"
)

// everything does what there are metrics of.
func everything(t *testing.T, cfg otel.Config) {
	t.Helper()
	observer, err := otel.NewObserver(cfg)
	require.NoError(t, err)
	store := memory.New[string, core.NoMetadata]().Watch(nil, observer)
	repo := core.NewRepository(store, orders).WithSnapshots(memory.NewSnapshots[string, uint64](core.SnapshotEvery(1))).WithRetries(1)
	_, err = repo.Create(t.Context(), "1", place{"book"})
	require.NoError(t, err)
	_, err = repo.Create(t.Context(), "1", place{"book"})
	require.ErrorIs(t, err, core.ErrExists)
	_, err = repo.Update(t.Context(), "1", place{"pen"})
	require.NoError(t, err)

	live := projection.NewLive(store, projection.Define("items", projection.On(func(n *int, _ recorded[placed]) { *n++ })))
	fails := true
	worker := reactor.NewWorker(store, reactor.Define("mail", reactor.On(func(context.Context, recorded[placed]) error {
		if fails {
			fails = false
			return errors.New("not yet")
		}
		return nil
	})))
	runner := readmodel.NewRunner(store, targettest.NewMemory(), readmodel.Define("list", 1, readmodel.On(
		func(context.Context, *targettest.Tx, recorded[placed]) error { return nil },
	)))
	registration, err := otel.WatchHealth(cfg, map[string]health.Runner{"items": live, "mail": worker, "list": runner})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, registration.Unregister()) })
	for _, r := range []interface {
		Run(context.Context) error
		CatchUp(context.Context) error
	}{live, worker, runner} {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()
		require.NoError(t, r.CatchUp(t.Context()))
		cancel()
		require.NoError(t, <-done)
	}
}

// exported returns the labels of each series that Prometheus is shown, by its name.
func exported(t *testing.T) map[string]map[string]bool {
	t.Helper()
	registry := prometheus.NewRegistry()
	reader, err := exporter.New(exporter.WithRegisterer(registry))
	require.NoError(t, err)
	everything(t, otel.Config{TracerProvider: collect().tracing, MeterProvider: sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))})
	families, err := registry.Gather()
	require.NoError(t, err)
	series := make(map[string]map[string]bool)
	for _, family := range families {
		names := []string{family.GetName()}
		if family.GetType().String() == "HISTOGRAM" {
			names = []string{names[0] + "_bucket", names[0] + "_count", names[0] + "_sum"}
		}
		for _, name := range names {
			series[name] = map[string]bool{"le": strings.HasSuffix(name, "_bucket")}
			for _, m := range family.GetMetric() {
				for _, label := range m.GetLabel() {
					series[name][label.GetName()] = true
				}
			}
		}
	}
	return series
}

// queries returns the expressions of all panels, by their titles.
func queries(t *testing.T) map[string][]string {
	t.Helper()
	data, err := os.ReadFile("dashboard.json")
	require.NoError(t, err)
	var dashboard struct {
		Panels []struct {
			Title, Type string
			Targets     []struct{ Expr string }
		}
	}
	require.NoError(t, json.Unmarshal(data, &dashboard))
	all := make(map[string][]string)
	for _, p := range dashboard.Panels {
		require.True(t, p.Type == "row" || len(p.Targets) > 0, "panel %q has no query", p.Title)
		for _, target := range p.Targets {
			all[p.Title] = append(all[p.Title], target.Expr)
		}
	}
	return all
}

// wanted returns the series that an expression names, and the labels that it wants of them.
func wanted(t *testing.T, expression string) (series, labels []string) {
	t.Helper()
	parsed, err := metricsql.Parse(expression)
	require.NoError(t, err, expression)
	metricsql.VisitAll(parsed, func(e metricsql.Expr) {
		switch e := e.(type) {
		case *metricsql.MetricExpr:
			for _, filters := range e.LabelFilterss {
				for _, f := range filters {
					if f.Label == "__name__" {
						series = append(series, f.Value)
					} else {
						labels = append(labels, f.Label)
					}
				}
			}
		case *metricsql.AggrFuncExpr:
			labels = append(labels, e.Modifier.Args...)
		}
	})
	return series, labels
}

func TestDashboardShowsMetricsThatAreExported(t *testing.T) {
	known, all := exported(t), queries(t)
	shown := make(map[string]bool)
	require.NotEmpty(t, all)
	for title, expressions := range all {
		for _, expression := range expressions {
			series, labels := wanted(t, strings.ReplaceAll(expression, "$__rate_interval", "1m"))
			require.NotEmpty(t, series, "%s: %s", title, expression)
			for _, name := range series {
				require.Contains(t, known, name, "%s: %s", title, expression)
				shown[strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_count")] = true
				for _, label := range labels {
					require.True(t, known[name][label], "%s: %s has no label %s", title, name, label)
				}
			}
		}
	}
	for name := range maps.Keys(known) {
		base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_count"), "_sum")
		require.True(t, shown[base] || !strings.HasPrefix(name, "jetsource"), "no panel shows %s; there are %v", name, slices.Sorted(maps.Keys(shown)))
	}
}
