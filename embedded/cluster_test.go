package embedded_test

import (
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jetsource/jetsource/embedded"
)

func TestReplicatedStreamCanBeCreatedOnceAClusterStarted(t *testing.T) {
	c := startCluster(t, embedded.Config{Name: "quorum"})
	for i, name := range []string{"quorum-0", "quorum-1", "quorum-2"} {
		require.Equal(t, name, c.Server(i).Name())
	}
	stream, err := connect(t, c).CreateStream(t.Context(), eventsConfig(3))
	require.NoError(t, err)
	require.Len(t, stream.CachedInfo().Cluster.Replicas, 2)
}

func TestClusterServesWithoutAMemberThatIsRestartedLater(t *testing.T) {
	c := startCluster(t, embedded.Config{Dir: t.TempDir()})
	js := connect(t, c)
	stream, err := js.CreateStream(t.Context(), eventsConfig(3))
	require.NoError(t, err)

	leader := memberNamed(t, c, stream.CachedInfo().Cluster.Leader)
	require.NoError(t, c.Server(leader).Close())
	publish(t, js, "events.while-one-is-gone")

	start := time.Now()
	require.NoError(t, c.Restart(leader))
	t.Logf("restart of a leader took %v", time.Since(start))
	requireCurrent(t, js, 2)
}

func TestAllMembersCanBeRestartedTogether(t *testing.T) {
	c := startCluster(t, embedded.Config{Dir: t.TempDir()})
	js := connect(t, c)
	_, err := js.CreateStream(t.Context(), eventsConfig(3))
	require.NoError(t, err)
	publish(t, js, "events.before")
	for i := range 3 {
		require.NoError(t, c.Server(i).Close())
	}
	_, err = c.InProcessConn()
	require.ErrorIs(t, err, net.ErrClosed)

	start := time.Now()
	require.NoError(t, c.Restart(0, 1, 2))
	t.Logf("restart of all took %v", time.Since(start))
	publish(t, js, "events.after")
	requireCurrent(t, js, 2)
}

func TestRestartedMemberListensOnTheSamePort(t *testing.T) {
	c := startCluster(t, embedded.Config{Listen: "127.0.0.1:0"})
	url := c.Server(1).URL()
	nc, err := nats.Connect(url, nats.Timeout(time.Minute))
	require.NoError(t, err)
	require.Equal(t, c.Server(1).Name(), nc.ConnectedServerName())
	streams(t, nc)

	require.NoError(t, c.Server(1).Close())
	require.NoError(t, c.Restart(1))
	require.Equal(t, url, c.Server(1).URL())
}

func TestClusterDoesNotStartIfADirectoryIsInUse(t *testing.T) {
	dir := t.TempDir()
	start(t, embedded.Config{Dir: filepath.Join(dir, "embedded-2")})

	_, err := embedded.StartCluster(3, embedded.Config{Dir: dir})
	require.ErrorIs(t, err, embedded.ErrInUse)
	for _, free := range []string{"embedded-0", "embedded-1"} {
		start(t, embedded.Config{Dir: filepath.Join(dir, free)})
	}
}

func TestBadClusterConfigIsRefused(t *testing.T) {
	_, err := embedded.StartCluster(1, embedded.Config{})
	require.ErrorContains(t, err, "too few")
	require.ErrorContains(t, startCluster(t, embedded.Config{}).Restart(3), "no member 3")
	_, err = embedded.StartCluster(3, embedded.Config{Listen: "127.0.0.1:4222"})
	var bad *embedded.ConfigError
	require.ErrorAs(t, err, &bad)
	require.Equal(t, "Listen", bad.Field)
}

func TestClosedClusterStaysClosedAndLeavesNothing(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv("TMP", temp) // windows
	c := startCluster(t, embedded.Config{})

	start := time.Now()
	require.NoError(t, c.Close())
	t.Logf("close took %v", time.Since(start))
	goleak.VerifyNone(t)
	require.NoError(t, c.Close())
	require.ErrorIs(t, c.Restart(0), net.ErrClosed)
	entries, err := os.ReadDir(temp)
	require.NoError(t, err)
	require.Empty(t, entries)
}

// startCluster starts three servers, which the end of the test closes.
func startCluster(t *testing.T, cfg embedded.Config) *embedded.Cluster {
	t.Helper()
	start := time.Now()
	c, err := embedded.StartCluster(3, cfg)
	require.NoError(t, err, "start cluster")
	t.Logf("start took %v", time.Since(start))
	t.Cleanup(func() { require.NoError(t, c.Close(), "close cluster") })
	return c
}

// memberNamed returns the number of the member with a name.
func memberNamed(t *testing.T, c *embedded.Cluster, name string) int {
	t.Helper()
	for i := range 3 {
		if c.Server(i).Name() == name {
			return i
		}
	}
	t.Fatalf("no member is called %q", name)
	return -1
}

// publish publishes a message, and retries while the stream has no leader.
func publish(t *testing.T, js jetstream.JetStream, subject string) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, err := js.Publish(t.Context(), subject, nil, jetstream.WithMsgID(subject))
		return err == nil
	}, 2*time.Minute, 10*time.Millisecond, "publish %s", subject)
}

// requireCurrent waits until the stream EVENTS has n current replicas beside its
// leader.
func requireCurrent(t *testing.T, js jetstream.JetStream, n int) {
	t.Helper()
	require.Eventually(t, func() bool {
		stream, err := js.Stream(t.Context(), "EVENTS")
		if err != nil || stream.CachedInfo().Cluster.Leader == "" {
			return false
		}
		current := 0
		for _, r := range stream.CachedInfo().Cluster.Replicas {
			if r.Current && !r.Offline {
				current++
			}
		}
		return current == n
	}, 2*time.Minute, 10*time.Millisecond, "replicas are current")
}
