package otel_test

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/goleak"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/otel"
	"github.com/jetsource/jetsource/jetstream"
)

// childVariable has the URL of the server for a process that runs the reactor.
const childVariable = "JETSOURCE_CHILD"

func TestMain(m *testing.M) {
	if url := os.Getenv(childVariable); url != "" {
		if err := beChild(url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// The domain of these tests: an order that is placed is billed by a reactor.
type (
	placed struct{ Item string }
	billed struct{ Item string }
	order  struct{ Item string }
	place  struct{ Item string }

	recorded[E core.Event] = core.Recorded[E, string, uint64, core.NoMetadata]
	commit                 = core.Commit[string, uint64, core.NoMetadata]
	natsStore              = jetstream.Store[string, core.NoMetadata]
)

func (placed) EventKind() string { return "order.placed" }
func (billed) EventKind() string { return "bill.written" }

func (c place) Handle(order) ([]core.Event, error) { return []core.Event{placed(c)}, nil }

var orders = core.DefineAggregate("order", core.On(func(o *order, e placed) { o.Item = e.Item }))

// open opens the store with an observer.
func open(ctx context.Context, url string, observer *core.Observer) (*natsStore, func(), error) {
	nc, err := nats.Connect(url, nats.Timeout(time.Minute))
	if err != nil {
		return nil, nil, err
	}
	store, err := jetstream.Open[string, core.NoMetadata](ctx, nc, jetstream.Config{Observer: observer})
	if err != nil {
		nc.Close()
		return nil, nil, err
	}
	return store, func() {
		_ = store.Close()
		nc.Close()
	}, nil
}

// collected is what the observer of a test sends its spans and metrics to.
type collected struct {
	spans   *tracetest.InMemoryExporter
	tracing *sdktrace.TracerProvider
	reader  *sdkmetric.ManualReader
	config  otel.Config
}

func collect() *collected {
	c := &collected{spans: tracetest.NewInMemoryExporter(), reader: sdkmetric.NewManualReader()}
	c.tracing = sdktrace.NewTracerProvider(sdktrace.WithSyncer(c.spans))
	c.config = otel.Config{TracerProvider: c.tracing, MeterProvider: sdkmetric.NewMeterProvider(sdkmetric.WithReader(c.reader))}
	return c
}

func (c *collected) observer(t *testing.T) *core.Observer {
	t.Helper()
	o, err := otel.NewObserver(c.config)
	require.NoError(t, err)
	return o
}

// untilInterrupted returns a context that ends when the process is told to.
func untilInterrupted() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt)
}
