package kvsnapshot_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/kvsnapshot"
)

// One server and one cluster serve all tests; each test has a stream and a
// bucket of its own.
var (
	single  *embedded.Server
	cluster *embedded.Cluster
	names   atomic.Int64
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	slog.SetDefault(slog.New(logged))
	dir, err := os.MkdirTemp("", "jetsource")
	if err == nil {
		defer os.RemoveAll(dir)
		single, err = embedded.Start(embedded.Config{Dir: dir, LazySync: true})
	}
	if err == nil {
		cluster, err = embedded.StartCluster(3, embedded.Config{})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	for _, c := range []interface{ Close() error }{single, cluster} {
		if err := c.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	return code
}

// connect returns a connection to one server, or to the next of the cluster.
func connect(t testing.TB, replicas int) *nats.Conn {
	t.Helper()
	var provider nats.InProcessConnProvider = single
	if replicas > 1 {
		provider = cluster
	}
	nc, err := nats.Connect("", nats.InProcessServer(provider), nats.MaxReconnects(-1))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	return nc
}

func streams(t testing.TB, nc *nats.Conn) natsjs.JetStream {
	t.Helper()
	js, err := natsjs.New(nc)
	require.NoError(t, err)
	return js
}

// fresh is the config of a store that no other test has, with a snapshot after
// each commit.
func fresh(replicas int) kvsnapshot.Config {
	return kvsnapshot.Config{Bucket: fmt.Sprint("B", names.Add(1)), Policy: core.SnapshotEvery(1), Replicas: replicas}
}

func open(t testing.TB, cfg kvsnapshot.Config) *kvsnapshot.Store[string] {
	t.Helper()
	s, err := kvsnapshot.Open[string](t.Context(), connect(t, cfg.Replicas), cfg)
	require.NoError(t, err)
	return s
}

type events = jetstream.Store[string, core.NoMetadata]

// openEvents opens the store of events that cfg describes.
func openEvents(t testing.TB, cfg jetstream.Config) *events {
	t.Helper()
	return eventsOver(t, connect(t, cfg.Replicas), cfg)
}

// eventsOver opens a store of events over a connection.
func eventsOver(t testing.TB, nc *nats.Conn, cfg jetstream.Config) *events {
	t.Helper()
	s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func freshEvents(replicas int) jetstream.Config {
	n := names.Add(1)
	return jetstream.Config{Stream: fmt.Sprint("S", n), Prefix: fmt.Sprint("s", n), Replicas: replicas}
}

// bucketOf returns the bucket of a store as any client sees it.
func bucketOf(t testing.TB, cfg kvsnapshot.Config) natsjs.KeyValue {
	t.Helper()
	kv, err := streams(t, connect(t, cfg.Replicas)).KeyValue(t.Context(), cfg.Bucket)
	require.NoError(t, err)
	return kv
}

// logged are the warnings of package core since the last take.
var logged = &recorder{}

type recorder struct {
	slog.Handler

	mu       sync.Mutex
	messages []string // guarded by mu
}

func (r *recorder) Enabled(context.Context, slog.Level) bool { return true }

func (r *recorder) Handle(_ context.Context, record slog.Record) error {
	message := record.Message
	record.Attrs(func(a slog.Attr) bool {
		message += fmt.Sprintf(" %s=%v", a.Key, a.Value)
		return true
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.messages = append(r.messages, message)
	return nil
}

func (r *recorder) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	messages := r.messages
	r.messages = nil
	return messages
}
