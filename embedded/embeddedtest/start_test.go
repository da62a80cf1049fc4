package embeddedtest_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jetsource/jetsource/embedded/embeddedtest"
)

func TestServersRunUntilTheyAreClosed(t *testing.T) {
	servers, err := embeddedtest.Start()
	require.NoError(t, err)
	names := make(map[string]bool)
	for _, c := range []struct {
		nats.InProcessConnProvider
		replicas int
	}{
		{servers.Single, 1}, {servers.Cluster, 3}, {servers.Cluster.Member(0), 3}, {servers.Cluster.Member(1), 3}, {servers.Cluster.Member(2), 3},
	} {
		nc, err := nats.Connect("", nats.InProcessServer(c), nats.Timeout(time.Minute))
		require.NoError(t, err)
		defer nc.Close()
		names[nc.ConnectedServerName()] = true
		js, err := natsjs.New(nc, natsjs.WithDefaultTimeout(time.Minute))
		require.NoError(t, err)
		stream, err := js.CreateOrUpdateStream(t.Context(), natsjs.StreamConfig{Name: "S", Replicas: c.replicas})
		require.NoError(t, err)
		require.Equal(t, c.replicas, stream.CachedInfo().Config.Replicas)
		nc.Close()
	}
	require.Len(t, names, 4)
	require.NoError(t, servers.Close())
	_, err = nats.Connect("", nats.InProcessServer(servers.Single))
	require.Error(t, err, "nothing is left of it")
	goleak.VerifyNone(t)
}
