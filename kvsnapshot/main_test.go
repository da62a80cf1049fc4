package kvsnapshot_test

import (
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jetsource/jetsource/embedded/embeddedtest"
)

// One server and one cluster serve all tests. Each test has a stream and a bucket
// of its own.
var (
	single  nats.InProcessConnProvider
	cluster nats.InProcessConnProvider
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	slog.SetDefault(slog.New(logged))
	servers, err := embeddedtest.Start()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	single, cluster = servers.Single, servers.Cluster
	code := m.Run()
	if err := servers.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	return code
}

// connect returns a connection to the single server, or to one of the cluster if
// replicas is more than 1.
func connect(t testing.TB, replicas int) *nats.Conn {
	t.Helper()
	provider := single
	if replicas > 1 {
		provider = cluster
	}
	nc, err := nats.Connect("", nats.InProcessServer(provider), nats.MaxReconnects(-1), nats.Timeout(time.Minute))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	return nc
}

func streams(t testing.TB, nc *nats.Conn) natsjs.JetStream {
	t.Helper()
	js, err := natsjs.New(nc, natsjs.WithDefaultTimeout(time.Minute))
	require.NoError(t, err)
	return js
}
