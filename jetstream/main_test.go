package jetstream_test

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded/embeddedtest"
	"github.com/jetsource/jetsource/jetstream"
)

// One server and one cluster serve all tests; each test has a stream of its own.
var (
	single  nats.InProcessConnProvider
	cluster *embeddedtest.Cluster
	streams atomic.Int64
)

// patient is for requests of tests, which a busy machine may answer late.
var patient = natsjs.WithDefaultTimeout(time.Minute)

// roles are what this program does when a test starts it again, by the environment
// variable that is set; each is given the value of the variable.
var roles = map[string]func(string) error{serverDir: runServer}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	for role, run := range roles {
		if value := os.Getenv(role); value != "" {
			if err := run(value); err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
			return 0
		}
	}
	servers, err := embeddedtest.Start()
	if err == nil {
		single, cluster = servers.Single, servers.Cluster
		err = keep(single, cluster)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if err := servers.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	// A server that is closed while it writes may leave this behind.
	const server = "github.com/nats-io/nats-server/v2/server."
	flush := goleak.IgnoreTopFunction(server + "(*msgBlock).flushLoop")
	// So may one that is closed while it makes a stream.
	state := goleak.IgnoreTopFunction(server + "(*fileStore).flushStreamStateLoop")
	ats := goleak.IgnoreTopFunction("github.com/nats-io/nats-server/v2/server/ats.Register.func1") // its clock, until its last stream ends
	if err := goleak.Find(flush, state, ats); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	return code
}

// keep makes a stream that stays: a server that deletes an account's last stream removes
// the account's directory, and fails to make a stream in it meanwhile.
func keep(servers ...nats.InProcessConnProvider) error {
	for _, srv := range servers {
		nc, err := nats.Connect("", nats.InProcessServer(srv), nats.Timeout(time.Minute))
		if err != nil {
			return err
		}
		defer nc.Close()
		js, err := natsjs.New(nc, patient)
		if err != nil {
			return err
		}
		if _, err := js.CreateStream(context.Background(), natsjs.StreamConfig{Name: "KEEP"}); err != nil {
			return err
		}
	}
	return nil
}

// soak chooses how much a test does: little in make test, much in make soak.
func soak(little, much int) int {
	if os.Getenv("JETSOURCE_SOAK") != "" {
		return much
	}
	return little
}

// connect returns a connection to one server, or to the cluster.
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

// jetStream is JetStream over a connection.
func jetStream(t testing.TB, nc *nats.Conn) natsjs.JetStream {
	t.Helper()
	js, err := natsjs.New(nc, patient)
	require.NoError(t, err)
	return js
}

// streamOf is a stream that exists.
func streamOf(t testing.TB, nc *nats.Conn, name string) natsjs.Stream {
	t.Helper()
	s, err := jetStream(t, nc).Stream(t.Context(), name)
	require.NoError(t, err)
	return s
}

// fresh is the config of a store that no other test has.
func fresh(replicas int) jetstream.Config {
	n := streams.Add(1)
	return jetstream.Config{Stream: fmt.Sprintf("S%d", n), Prefix: fmt.Sprintf("s%d", n), Replicas: replicas}
}

func openWith[ID comparable, M any](t testing.TB, cfg jetstream.Config) *jetstream.Store[ID, M] {
	t.Helper()
	removeAfter(t, cfg)
	s, err := jetstream.Open[ID, M](t.Context(), connect(t, cfg.Replicas), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// removeAfter deletes a store's stream when its test has ended: each costs the servers
// time as long as it is there, above all in the cluster.
func removeAfter(t testing.TB, cfg jetstream.Config) {
	t.Helper()
	t.Cleanup(func() {
		_, _ = connect(t, cfg.Replicas).Request("$JS.API.STREAM.DELETE."+cfg.Stream, nil, 5*time.Second) // it may be gone
	})
}

type opened struct{ Owner string }
type deposited struct{ Amount int }

func (opened) EventKind() string    { return "account.opened" }
func (deposited) EventKind() string { return "account.deposited" }

func account(id string) core.Key[string] { return core.Key[string]{Kind: "account", ID: id} }
