//go:build unix

package cluster_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/cluster"
)

func TestMain(m *testing.M) {
	cluster.Serve()
	goleak.VerifyTestMain(m)
}

// eventually waits for a condition. The deadline only ends a test that fails.
func eventually(t *testing.T, condition func() bool, what string) {
	t.Helper()
	require.Eventually(t, condition, 3*time.Minute, 20*time.Millisecond, what)
}

// testCluster is a cluster with a replicated stream, and a connection to each
// server.
type testCluster struct {
	*cluster.Cluster
	t     *testing.T
	conns []*nats.Conn
}

func newTestCluster(t *testing.T) *testCluster {
	t.Helper()
	c, err := cluster.Start(cluster.Config{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	tc := &testCluster{Cluster: c, t: t}
	for _, n := range c.Nodes {
		nc, err := nats.Connect(n.URL(), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond),
			nats.PingInterval(500*time.Millisecond), nats.RetryOnFailedConnect(true))
		require.NoError(t, err)
		t.Cleanup(nc.Close)
		tc.conns = append(tc.conns, nc)
	}
	js, err := natsjs.New(tc.conns[0])
	require.NoError(t, err)
	eventually(t, func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := js.CreateStream(ctx, natsjs.StreamConfig{Name: "S", Subjects: []string{"s"}, Replicas: cluster.Size})
		return err == nil
	}, "the servers form a cluster and create the stream")
	return tc
}

// leader returns the number of the server that leads the stream.
func (c *testCluster) leader() (node int) {
	c.t.Helper()
	js, err := natsjs.New(c.conns[0])
	require.NoError(c.t, err)
	eventually(c.t, func() (found bool) {
		ctx, cancel := context.WithTimeout(c.t.Context(), 2*time.Second)
		defer cancel()
		s, err := js.Stream(ctx, "S")
		if err == nil && s.CachedInfo().Cluster != nil {
			node, found = c.Find(s.CachedInfo().Cluster.Leader)
		}
		return found
	}, "the stream has a leader")
	return node
}

// publish reports whether a message that is sent through a server is acked.
func (c *testCluster) publish(node int) bool {
	m, err := c.conns[node].Request("s", []byte("x"), 500*time.Millisecond)
	return err == nil && strings.Contains(string(m.Data), `"seq"`)
}

// awaitAck publishes through a server until a message is acked.
func (c *testCluster) awaitAck(node int, what string) {
	c.t.Helper()
	eventually(c.t, func() bool { return c.publish(node) }, what)
}

// messages returns the number of messages in the stream.
func (c *testCluster) messages() (n uint64) {
	c.t.Helper()
	js, err := natsjs.New(c.conns[0])
	require.NoError(c.t, err)
	eventually(c.t, func() bool {
		ctx, cancel := context.WithTimeout(c.t.Context(), 2*time.Second)
		defer cancel()
		s, err := js.Stream(ctx, "S")
		if err == nil {
			n = s.CachedInfo().State.Msgs
		}
		return err == nil
	}, "the stream tells how many messages it has")
	return n
}
