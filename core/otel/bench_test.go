package otel_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/otel"
	"github.com/jetsource/jetsource/embedded"
)

// discard is an exporter that takes spans and does nothing with them.
type discard struct{}

func (discard) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }
func (discard) Shutdown(context.Context) error                             { return nil }

// BenchmarkOverhead compares stores with an observer, of whose traces all or one in a
// hundred are sampled, with one without, in turns, on one server: commits and loads.
func BenchmarkOverhead(b *testing.B) {
	server, err := embedded.Start(embedded.Config{Dir: b.TempDir(), Listen: "127.0.0.1:0", LazySync: true})
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	var repos [3]*core.Repository[order, string, uint64, core.NoMetadata]
	for i, sampled := range []float64{0, 0.01, 1} {
		tracing := sdktrace.NewTracerProvider(sdktrace.WithBatcher(discard{}), sdktrace.WithSampler(sdktrace.TraceIDRatioBased(sampled)))
		defer func() { _ = tracing.Shutdown(context.Background()) }()
		observer, err := otel.NewObserver(otel.Config{TracerProvider: tracing, MeterProvider: sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))})
		if err != nil {
			b.Fatal(err)
		}
		if i == 0 {
			observer = nil
		}
		store, closeStore, err := open(b.Context(), server.URL(), observer)
		if err != nil {
			b.Fatal(err)
		}
		defer closeStore()
		repos[i] = core.NewRepository(store, orders)
	}
	n := 0
	b.Run("commit", func(b *testing.B) {
		compare(b, len(repos), func(i int) error {
			n++
			_, err := repos[i].Create(b.Context(), fmt.Sprint("o", n), place{"book"})
			return err
		})
	})
	b.Run("load", func(b *testing.B) {
		compare(b, len(repos), func(i int) error {
			_, _, err := repos[i].Load(b.Context(), "o1")
			return err
		})
	})
}

// compare runs work in turns, each time in another order, and reports ratios to the first.
func compare(b *testing.B, ways int, work func(i int) error) {
	took := make([]time.Duration, ways)
	for turn := 0; b.Loop(); turn++ {
		for k := range ways {
			i := (turn + k) % ways
			begun := time.Now()
			for range 20 {
				if err := work(i); err != nil {
					b.Fatal(err)
				}
			}
			took[i] += time.Since(begun)
		}
	}
	b.ReportMetric(float64(took[0].Microseconds())/float64(b.N)/20, "µs/without")
	b.ReportMetric(float64(took[1])/float64(took[0]), "ratio-1%-sampled")
	b.ReportMetric(float64(took[2])/float64(took[0]), "ratio-all-sampled")
}
