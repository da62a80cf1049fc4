package jetstream_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

// An unreplicated stream may be on another server than the one that the client is
// connected to. When that server loses power no connection of the client breaks; a
// writer that comes back after a while looks all the same, so that a torn commit is
// named before others follow it.
func TestTearOnAServerThatTheClientIsNotConnectedTo(t *testing.T) {
	t.Parallel()
	cfg := fresh(1)
	to := connect(t, 3)
	removeRemote(t, to, cfg)
	s, err := jetstream.Open[string, core.NoMetadata](t.Context(), to, cfg)
	require.NoError(t, err)
	leader := streamInfo(t, to, cfg.Stream).Cluster.Leader
	require.NoError(t, s.Close())
	nc := to
	for i := 0; nc.ConnectedServerName() == leader; i++ {
		nc, err = nats.Connect("", nats.InProcessServer(cluster.Member(i)), nats.Timeout(time.Minute))
		require.NoError(t, err)
		t.Cleanup(nc.Close)
	}
	s, err = jetstream.Open[string, core.NoMetadata](t.Context(), nc, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	at, err := core.CommitEvents(t.Context(), s, account("a"), notes("whole", 1), core.NoMetadata{})
	require.NoError(t, err)
	// What a server keeps that loses power inside a commit of two events.
	publish(t, to, cfg.Prefix+".noted.account.b", `{}`, nats.Header{"Es-Commit": {"TORN 0 0/2 2 0"}, "Es-Codec": {"json"}})
	time.Sleep(1100 * time.Millisecond) // a machine takes longer to start
	_, err = core.CommitEvents(t.Context(), s, account("c"), notes("after", 1), core.NoMetadata{})
	require.NoError(t, err)
	require.Len(t, load(t, s, ofKind("noted")), 2)
	gaps, err := s.Gaps(t.Context())
	require.NoError(t, err)
	require.Len(t, gaps, 1)
	require.Equal(t, [2]uint64{at + 1, at + 1}, [2]uint64{gaps[0].From, gaps[0].To})
}

func removeRemote(t *testing.T, nc *nats.Conn, cfg jetstream.Config) {
	t.Cleanup(func() { _, _ = nc.Request("$JS.API.STREAM.DELETE."+cfg.Stream, nil, 5*time.Second) })
}
