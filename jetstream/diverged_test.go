package jetstream_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

// divergedCluster is a cluster of which member 2 holds other messages than the others, as
// after a loss of power that took more of its raft log than of its messages.
type divergedCluster struct {
	t *testing.T
	*embedded.Cluster
	dir string
}

func (c *divergedCluster) start(dir string) {
	var err error
	c.Cluster, err = embedded.StartCluster(3, embedded.Config{Dir: dir, Name: "diverged"})
	require.NoError(c.t, err)
}

// open opens a store by one of the members.
func (c *divergedCluster) open(member int) *plainStore {
	nc, err := nats.Connect("", nats.InProcessServer(c.Server(member)))
	require.NoError(c.t, err)
	c.t.Cleanup(nc.Close)
	cfg := jetstream.Config{Replicas: 3, Logger: slog.New(slog.DiscardHandler)}
	s, err := jetstream.Open[string, core.NoMetadata](c.t.Context(), nc, cfg)
	require.NoError(c.t, err)
	c.t.Cleanup(func() { require.NoError(c.t, s.Close()) })
	return s
}

// commit commits events to aggregates of their own.
func (c *divergedCluster) commit(s *plainStore, n int, key func(i int) core.Key[string]) {
	for i := range n {
		_, err := core.CommitEvents(c.t.Context(), s, key(i), notes("paid", 1), core.NoMetadata{})
		require.NoError(c.t, err)
	}
}

// awaitReplicas waits until all members have what the leader has.
func (c *divergedCluster) awaitReplicas() {
	c.awaitInfo("all replicas are current", func(info *natsjs.StreamInfo) bool {
		current := 0
		for _, r := range info.Cluster.Replicas {
			if r.Current && r.Lag == 0 {
				current++
			}
		}
		return current == 2
	})
}

// leadByOther has a member lead the stream that is not member 2.
func (c *divergedCluster) leadByOther() {
	nc, err := nats.Connect("", nats.InProcessServer(c.Server(0)))
	require.NoError(c.t, err)
	defer nc.Close()
	c.awaitInfo("another member leads", func(info *natsjs.StreamInfo) bool {
		if info.Cluster.Leader == "diverged-2" {
			_, _ = nc.Request("$JS.API.STREAM.LEADER.STEPDOWN.EVENTS", nil, time.Second)
			return false
		}
		return info.Cluster.Leader != ""
	})
}

func (c *divergedCluster) awaitInfo(what string, ready func(*natsjs.StreamInfo) bool) {
	nc, err := nats.Connect("", nats.InProcessServer(c.Server(0)))
	require.NoError(c.t, err)
	defer nc.Close()
	js, err := natsjs.New(nc)
	require.NoError(c.t, err)
	eventually(c.t, func() bool {
		s, err := js.Stream(c.t.Context(), "EVENTS")
		return err == nil && s.CachedInfo().Cluster != nil && ready(s.CachedInfo())
	}, what)
}

// newDivergedCluster has ten events on all members, at positions up to 10; then ten to
// aggregates "a…" on member 2, and ten to aggregates "b…" on the others.
func newDivergedCluster(t *testing.T) *divergedCluster {
	t.Helper()
	temp := t.TempDir()
	dir, synced, lost := filepath.Join(temp, "dir"), filepath.Join(temp, "synced"), filepath.Join(temp, "lost")
	c := &divergedCluster{t: t, dir: dir}
	c.start(dir)
	c.commit(c.open(0), 10, func(int) core.Key[string] { return account("all") })
	c.awaitReplicas()
	require.NoError(t, c.Close())
	require.NoError(t, os.CopyFS(synced, os.DirFS(dir)))

	c.start(dir)
	c.commit(c.open(0), 10, func(i int) core.Key[string] { return account(fmt.Sprint("a", i)) })
	c.awaitReplicas()
	require.NoError(t, c.Close())
	require.NoError(t, os.Rename(dir, lost))
	require.NoError(t, os.Rename(synced, dir))
	messages := filepath.Join("diverged-2", "jetstream", "$G", "streams", "EVENTS", "msgs")
	require.NoError(t, os.RemoveAll(filepath.Join(dir, messages)))
	require.NoError(t, os.CopyFS(filepath.Join(dir, messages), os.DirFS(filepath.Join(lost, messages))))

	_ = os.CopyFS("/tmp/dmg/before", os.DirFS(dir))
	c.start(dir)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	_ = os.CopyFS("/tmp/dmg/started", os.DirFS(dir))
	c.leadByOther()
	c.commit(c.open(0), 10, func(i int) core.Key[string] { return account(fmt.Sprint("b", i)) })
	c.commit(c.open(0), 1, func(int) core.Key[string] { return account("all") })
	return c
}

func TestServersThatDivergedAreAnError(t *testing.T) {
	t.Parallel()
	c := newDivergedCluster(t)
	_ = os.CopyFS("/tmp/dmg/div", os.DirFS(c.dir))
	for m := range 3 {
		s := c.open(m)
		for _, id := range []string{"all", "a3", "b3"} {
			n := 0
			var err error
			for e, e1 := range s.LoadEvents(t.Context(), of(account(id))) {
				_ = e
				err = e1
				n++
			}
			t.Log(m, id, n, err)
		}
		n := 0
		var err error
		for e, e1 := range s.LoadEvents(t.Context(), core.Filter[string, uint64]{}) {
			_ = e
			err = e1
			n++
		}
		t.Log(m, n, err)
	}
}
