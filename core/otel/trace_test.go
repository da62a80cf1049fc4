package otel_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	_ "modernc.org/sqlite"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/otel"
	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/core/readmodel"
	"github.com/jetsource/jetsource/core/readmodel/sqlmodel"
	"github.com/jetsource/jetsource/embedded"
)

// span is what the test looks at, also of the other process.
type span struct {
	Name    string
	TraceID string
	ID      string
	Parent  string
	Links   []string // the spans that it is linked to
}

func (c *collected) all() (spans []span) {
	for _, s := range c.spans.GetSpans() {
		one := span{Name: s.Name, TraceID: s.SpanContext.TraceID().String(), ID: s.SpanContext.SpanID().String(), Parent: s.Parent.SpanID().String()}
		for _, l := range s.Links {
			one.Links = append(one.Links, l.SpanContext.SpanID().String())
		}
		spans = append(spans, one)
	}
	return spans
}

// beChild runs the reactor until it is interrupted, and writes its spans to stdout.
func beChild(url string) error {
	ctx, stop := untilInterrupted()
	defer stop()
	c := collect()
	observer, err := otel.NewObserver(c.config)
	if err != nil {
		return err
	}
	store, closeStore, err := open(ctx, url, observer)
	if err != nil {
		return err
	}
	defer closeStore()
	billing := reactor.Define("billing", reactor.Produce(func(_ context.Context, e recorded[placed]) ([]commit, error) {
		return []commit{{Key: core.Key[string]{Kind: "bill", ID: e.Key.ID}, Unchecked: true, Events: []core.Event{billed(e.Event)}}}, nil
	}))
	if err := reactor.NewWorker(store, billing).Run(ctx); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(c.all())
}

// startChild starts the reactor in another process. Spans ends it and returns its spans.
func startChild(t *testing.T, url string) (spans func() []span) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+url)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	require.NoError(t, cmd.Start())
	return func() (all []span) {
		require.NoError(t, cmd.Process.Signal(os.Interrupt))
		require.NoError(t, cmd.Wait(), "%s", &stderr)
		require.NoError(t, json.Unmarshal(stdout.Bytes(), &all))
		return all
	}
}

// handler places an order for each request, within the trace that the request names.
func handler(c *collected, store *natsStore) http.Handler {
	repo, tracer := core.NewRepository(store, orders), c.tracing.Tracer("test")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		ctx, span := tracer.Start(ctx, "POST /orders", trace.WithSpanKind(trace.SpanKindServer))
		defer span.End()
		version, err := repo.Create(core.WithCorrelationID(ctx, r.Header.Get("X-Request-Id")), r.Header.Get("X-Order"), place{"book"})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = w.Write([]byte(version.String()))
	})
}

// bills is a read model of the outputs.
var bills = readmodel.Define("bills", 1, readmodel.On(func(ctx context.Context, tx sqlmodel.Tx, e recorded[billed]) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO "+tx.Table("list")+" (id, request) VALUES (?, ?)", e.Key.ID, e.CorrelationID())
	return err
})).WithBegin(func(ctx context.Context, tx sqlmodel.Tx) error {
	_, err := tx.ExecContext(ctx, "CREATE TABLE "+tx.Table("list")+" (id text PRIMARY KEY, request text NOT NULL)")
	return err
})

func TestOneTraceFromRequestToReadModel(t *testing.T) {
	server, err := embedded.Start(embedded.Config{Dir: t.TempDir(), Listen: "127.0.0.1:0"})
	require.NoError(t, err)
	defer server.Close()
	c := collect()
	store, closeStore, err := open(t.Context(), server.URL(), c.observer(t))
	require.NoError(t, err)
	defer closeStore()
	childSpans := startChild(t, server.URL())
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "bills.db"))
	require.NoError(t, err)
	defer db.Close()
	runner := readmodel.NewRunner(store, sqlmodel.New(db, sqlmodel.SQLite), bills)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- runner.Run(ctx) }()

	web := httptest.NewServer(handler(c, store))
	defer web.Close()
	const traceID, client = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	for _, request := range []http.Header{
		{"X-Order": {"1"}, "X-Request-Id": {"request 1"}, "Traceparent": {"00-" + traceID + "-" + client + "-01"}},
		{"X-Order": {"2"}, "X-Request-Id": {"request 2"}}, // of another trace
	} {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, web.URL, nil)
		require.NoError(t, err)
		r.Header = request
		answer, err := web.Client().Do(r)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, http.StatusOK, answer.StatusCode)
	}
	var list string
	require.Eventually(t, func() bool {
		row := db.QueryRowContext(ctx, "SELECT group_concat(id || ' ' || request, ', ' ORDER BY id) FROM bills_v1_list")
		return row.Scan(&list) == nil && list == "1 request 1, 2 request 2"
	}, time.Minute, 10*time.Millisecond)
	cancel()
	require.NoError(t, errors.Join(<-done))
	child := childSpans()
	all := append(c.all(), child...)

	// named returns the span of a name in the trace of the first request.
	named := func(name, parent string) span {
		t.Helper()
		for _, s := range all {
			if s.Name == name && s.TraceID == traceID && s.Parent == parent {
				return s
			}
		}
		require.Fail(t, "no span "+name+" in the trace", "%+v", all)
		return span{}
	}
	request := named("POST /orders", client)
	command := named("create order", request.ID)
	recordedAs := named("commit", command.ID)
	reaction := named("react billing", recordedAs.ID)
	require.Equal(t, []string{recordedAs.ID}, reaction.Links)
	require.Contains(t, child, reaction, "it is of the other process")
	applied := named("apply bills v1", reaction.ID) // its output is in a commit with those of other events
	require.Contains(t, applied.Links, reaction.ID)
	require.Len(t, applied.Links, 2, "its event's and the transaction's")
}
