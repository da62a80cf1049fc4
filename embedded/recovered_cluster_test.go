package embedded_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/embedded"
)

func TestAMemberOfAClusterNeedsTheKeyOfItsStreams(t *testing.T) {
	dir := t.TempDir()
	runCluster(t, withKey(dir, "right"), func(js jetstream.JetStream) {
		_, err := js.CreateStream(t.Context(), eventsConfig(3))
		require.NoError(t, err)
		publish(t, js, "events.0")
		_, err = js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "SINGLE", Subjects: []string{"single"}})
		require.NoError(t, err)
		publish(t, js, "single")
	})
	for key, reason := range map[string]error{"wrong": embedded.ErrWrongKey, "": embedded.ErrNoKey} {
		before := replicas(t, dir)
		_, err := embedded.StartCluster(3, withKey(dir, key))
		require.ErrorIs(t, err, reason)
		_, ok := errors.AsType[*embedded.NotRecoveredError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, before, replicas(t, dir), "what is on disk")
	}
	// One server alone cannot have a replicated stream.
	alone := embedded.Config{Dir: filepath.Join(dir, "embedded-0"), Options: func(o *server.Options) { o.JetStreamKey = "right" }}
	require.Contains(t, requireNamed(t, alone, embedded.ErrNotServed), "replicas > 1 not supported")
	runCluster(t, withKey(dir, "right"), func(js jetstream.JetStream) {
		requireCurrent(t, js, 2)
		requireAll(t, js, 1)
		require.Eventually(t, func() bool {
			single, err := js.Stream(t.Context(), "SINGLE")
			return err == nil && single.CachedInfo().State.Msgs == 1
		}, 2*time.Minute, 10*time.Millisecond, "the stream of one member is there")
	})
}

func TestAClusterMendsTheSettingsOfAMember(t *testing.T) {
	dir := t.TempDir()
	runCluster(t, withKey(dir, ""), func(js jetstream.JetStream) {
		_, err := js.CreateStream(t.Context(), eventsConfig(3))
		require.NoError(t, err)
		publish(t, js, "events.0")
		requireCurrent(t, js, 2)
	})
	settings := filepath.Join(dir, "embedded-1", events, "meta.inf")
	require.NoError(t, os.Remove(settings))
	require.NoError(t, os.Remove(filepath.Join(dir, "embedded-2", events, "meta.sum")))
	runCluster(t, withKey(dir, ""), func(js jetstream.JetStream) {
		requireCurrent(t, js, 2)
		requireAll(t, js, 1)
	})
	require.FileExists(t, settings)
}

// replicas are the files of the streams of all members: of what the members
// have agreed upon, a server still removes some after it was closed.
func replicas(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := make(map[string]string)
	for _, member := range []string{"embedded-0", "embedded-1", "embedded-2"} {
		maps.Copy(found, files(t, filepath.Join(dir, member, "jetstream", "$G")))
	}
	return found
}

// runCluster calls do with a client of three servers that are closed afterwards.
func runCluster(t *testing.T, cfg embedded.Config, do func(js jetstream.JetStream)) {
	t.Helper()
	begun := time.Now()
	c, err := embedded.StartCluster(3, cfg)
	require.NoError(t, err, "start cluster")
	t.Logf("start took %v", time.Since(begun))
	defer c.Close()
	do(connect(t, c))
	require.NoError(t, c.Close(), "close cluster")
}
