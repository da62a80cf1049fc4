package otel_test

import (
	"context"
	"fmt"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/otel"
)

func ExampleNewObserver() {
	spans := tracetest.NewInMemoryExporter() // a program has one of OTLP
	observer, err := otel.NewObserver(otel.Config{TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))})
	if err != nil {
		fmt.Println(err)
		return
	}
	store := memory.New[string, core.NoMetadata]().Watch(nil, observer) // jetstream.Config has a field for it
	if _, err := core.NewRepository(store, orders).Upsert(context.Background(), "1", place{"book"}); err != nil {
		fmt.Println(err)
	}
	for _, span := range spans.GetSpans() {
		fmt.Println(span.Name)
	}
	// Output:
	// load order
	// commit
	// upsert order
}
