//go:build unix

package cluster_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/cluster"
)

func TestNetworkFaults(t *testing.T) {
	t.Parallel()
	c := newTestCluster(t)
	t.Run("clients know the proxies only", func(t *testing.T) {
		for i, nc := range c.conns {
			c.awaitAck(i, "a message reaches the leader through every server")
			require.Equal(t, []string{c.Nodes[i].URL()}, nc.Servers(), "no server tells its clients the address of another")
		}
	})
	for _, mode := range []cluster.Mode{cluster.Cut, cluster.Blackhole} {
		t.Run("no message is acked without routes, "+mode.String(), func(t *testing.T) {
			c.SetAllRoutes(mode)
			for i := range c.conns {
				require.False(t, c.publish(i))
			}
			require.NoError(t, c.Heal())
			for i := range c.conns {
				c.awaitAck(i, "messages are acked after healing")
			}
		})
	}
	t.Run("a delayed connection is slow", func(t *testing.T) {
		other := (c.leader() + 1) % cluster.Size
		c.SetClients(other, cluster.Delay)
		began := time.Now()
		c.awaitAck(other, "a message is acked")
		require.Greater(t, time.Since(began), 30*time.Millisecond, "20 ms each way")
		require.NoError(t, c.Heal())
	})
	t.Run("two servers elect another leader", func(t *testing.T) {
		old := c.leader()
		c.SetRoutes(old, cluster.Blackhole)
		c.SetClients(old, cluster.Cut)
		c.awaitAck((old+1)%cluster.Size, "another leader acks messages")
		require.False(t, c.publish(old), "clients are cut off too")
		require.NoError(t, c.Heal())
		c.awaitAck(old, "clients of the old leader are connected again")
	})
}

func TestProcessFaults(t *testing.T) {
	t.Parallel()
	c := newTestCluster(t)
	const node = 1
	t.Run("a paused server answers nothing until it is resumed", func(t *testing.T) {
		require.NoError(t, c.Nodes[node].Pause())
		require.False(t, c.publish(node))
		require.NoError(t, c.Nodes[node].Resume())
		c.awaitAck(node, "a resumed server acks messages")
	})
	t.Run("nothing acked is lost when all servers are killed", func(t *testing.T) {
		acked := c.messages()
		require.Positive(t, acked)
		require.NoError(t, c.KillAll())
		for _, n := range c.Nodes {
			require.False(t, n.Running())
		}
		require.NoError(t, c.StartAll())
		c.awaitAck(0, "messages are acked after a restart")
		require.Greater(t, c.messages(), acked)
	})
	t.Run("a server that is stopped can be started again", func(t *testing.T) {
		require.NoError(t, c.Nodes[0].Stop())
		require.False(t, c.Nodes[0].Running())
		require.NoError(t, c.Nodes[0].Start())
		c.awaitAck(0, "messages are acked after a restart")
	})
}
