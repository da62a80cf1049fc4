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

const patience = time.Minute

// connect connects to one server alone, through its proxy.
func connect(t *testing.T, n *cluster.Node) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(n.URL(), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond),
		nats.PingInterval(500*time.Millisecond), nats.RetryOnFailedConnect(true))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	return nc
}

func eventually(t *testing.T, so func() bool, what string) {
	t.Helper()
	require.Eventually(t, so, patience, 20*time.Millisecond, what)
}

// stream makes a replicated stream, and returns the number of its leader.
func stream(t *testing.T, c *cluster.Cluster, nc *nats.Conn) int {
	t.Helper()
	js, err := natsjs.New(nc)
	require.NoError(t, err)
	eventually(t, func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := js.CreateStream(ctx, natsjs.StreamConfig{Name: "S", Subjects: []string{"s"}, Replicas: 3})
		return err == nil
	}, "the servers have found each other")
	return leader(t, c, nc)
}

func leader(t *testing.T, c *cluster.Cluster, nc *nats.Conn) (at int) {
	t.Helper()
	js, err := natsjs.New(nc)
	require.NoError(t, err)
	eventually(t, func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		s, err := js.Stream(ctx, "S")
		if err != nil || s.CachedInfo().Cluster == nil {
			return false
		}
		var ok bool
		at, ok = c.Find(s.CachedInfo().Cluster.Leader)
		return ok
	}, "the stream has a leader")
	return at
}

func publish(t *testing.T, nc *nats.Conn) bool {
	t.Helper()
	m, err := nc.Request("s", []byte("x"), 500*time.Millisecond)
	return err == nil && strings.Contains(string(m.Data), `"seq"`)
}

func TestACluster(t *testing.T) {
	c, err := cluster.Start(cluster.Config{Dir: t.TempDir()})
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	conns := make([]*nats.Conn, cluster.Size)
	for i, n := range c.Nodes {
		conns[i] = connect(t, n)
	}
	first := stream(t, c, conns[0])
	other := (first + 1) % cluster.Size
	writes := func(i int) func() bool { return func() bool { return publish(t, conns[i]) } }

	t.Run("is reached through the proxies only", func(t *testing.T) {
		for i, nc := range conns {
			eventually(t, writes(i), "a write reaches the leader")
			require.Equal(t, []string{c.Nodes[i].URL()}, nc.Servers(), "no server tells clients of others")
		}
	})
	for _, mode := range []cluster.Mode{cluster.Cut, cluster.Blackhole} {
		t.Run("without routes ("+mode.String()+") takes no write anywhere, and takes them again", func(t *testing.T) {
			for i := range conns {
				c.SetRoutes(i, mode)
			}
			for _, nc := range conns {
				require.False(t, publish(t, nc))
			}
			require.NoError(t, c.Heal())
			for i := range conns {
				eventually(t, writes(i), "a write reaches the leader")
			}
		})
	}
	t.Run("goes on without a leader that is cut off, also from its clients", func(t *testing.T) {
		at := leader(t, c, conns[0])
		c.SetRoutes(at, cluster.Blackhole)
		c.SetClients(at, cluster.Cut)
		eventually(t, writes((at+1)%cluster.Size), "another leader takes writes")
		require.False(t, publish(t, conns[at]))
		require.NoError(t, c.Heal())
		eventually(t, writes(at), "clients of the old one are back")
	})
	t.Run("is slow where it is held up", func(t *testing.T) {
		c.SetClients(other, cluster.Delay)
		begun := time.Now()
		eventually(t, writes(other), "a write is answered")
		require.Greater(t, time.Since(begun), 30*time.Millisecond, "there and back again")
		require.NoError(t, c.Heal())
	})
	t.Run("loses nothing when all are killed, and ends in order when asked", func(t *testing.T) {
		require.NoError(t, c.Nodes[other].Pause())
		require.False(t, publish(t, conns[other]))
		require.NoError(t, c.Nodes[other].Resume())
		eventually(t, writes(other), "a server that was paused goes on")
		for _, n := range c.Nodes {
			require.NoError(t, n.Kill())
			require.False(t, n.Running())
		}
		require.NoError(t, c.StartAll())
		eventually(t, writes(0), "they are back")
		require.NoError(t, c.Nodes[0].Stop())
		require.NoError(t, c.Nodes[0].Start())
		eventually(t, writes(0), "and again")
	})
}
