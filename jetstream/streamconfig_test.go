package jetstream

import (
	"errors"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

func TestOldServersAreRefused(t *testing.T) {
	for version, ok := range map[string]bool{
		"2.11.9": false, "2.12.13": false, "2.12.14": true, "2.12.20": true, "2.13.0": false, "2.13.99": false,
		"2.14.3": false, "2.14.4": true, "2.14.10": true, "2.15.2": true, "3.0.0": true, "10.0.0": true,
		"2.14.4-RC.1": true, "v2.15.2": true, "2.15": true,
		"": false, "dev": false, "2": false, "2.x.1": false, "1.99.99": false, "2.14.": false, "2.15.2.1": false,
	} {
		err := checkServerVersion(version, 1)
		if ok {
			require.NoError(t, err, version)
			continue
		}
		old, is := errors.AsType[*ServerVersionError](err)
		require.True(t, is, "%q", version)
		require.Equal(t, version, old.Version)
		require.ErrorContains(t, err, version)
	}
}

// The fix for stale proposals of a replicated stream is in 2.14.4 and later only.
func TestReplicatedStreamsNeedALaterServer(t *testing.T) {
	cfg, err := Config{}.check()
	require.NoError(t, err)
	for version, ok := range map[string]bool{"2.12.14": false, "2.12.99": false, "2.14.4": true, "2.15.2": true} {
		sc := streamConfig(cfg)
		require.NoError(t, checkFound(&jetstream.StreamInfo{Config: sc}, cfg, version), version)
		sc.Replicas = 3 // by an administrator: the Config asks for one
		for what, err := range map[string]error{
			"configured": checkServerVersion(version, 3),
			"found":      checkFound(&jetstream.StreamInfo{Config: sc}, cfg, version),
		} {
			if ok {
				require.NoError(t, err, "%s %s", version, what)
				continue
			}
			old, is := errors.AsType[*ServerVersionError](err)
			require.True(t, is, "%s %s: %v", version, what, err)
			require.Equal(t, ServerVersionError{Version: version, Replicas: 3}, *old)
			require.ErrorContains(t, err, "3 replicas")
		}
	}
	require.ErrorContains(t, checkServerVersion("2.13.0", 3), "2.12.14 or later in 2.12")
}

// What nats server check stream reads from the metadata: the number of replicas is an
// error on a server that is no cluster, and is missed on one that is.
func TestMonitoringFitsTheServers(t *testing.T) {
	const peers, lag, seen = "io.nats.monitor.peer-expect", "io.nats.monitor.peer-lag-critical", "io.nats.monitor.peer-seen-critical"
	for _, tt := range []struct {
		replicas  int
		clustered bool
		want      map[string]string
	}{
		{1, false, map[string]string{}},
		{1, true, map[string]string{peers: "1"}},
		{3, true, map[string]string{peers: "3", lag: "10000", seen: "10s"}},
		{3, false, map[string]string{peers: "3", lag: "10000", seen: "10s"}}, // in another domain
	} {
		cfg, err := Config{Replicas: tt.replicas}.check()
		require.NoError(t, err)
		sc := streamConfig(cfg)
		tt.want["io.nats.monitor.enabled"] = "true"
		tt.want[wire.MetaFormat], tt.want[wire.MetaStoreID] = format, sc.Metadata[wire.MetaStoreID]
		setMonitoring(&sc, tt.clustered)
		require.Equal(t, tt.want, sc.Metadata)
	}
}

// Sealed streams, and mirrors that are read by others, cannot be made as they
// are wanted here, but a server may report them.
func TestSealedAndMirrorDirectAreRefused(t *testing.T) {
	cfg, err := Config{}.check()
	require.NoError(t, err)
	require.NoError(t, checkStream(&jetstream.StreamInfo{Config: streamConfig(cfg)}, cfg))
	for field, change := range map[string]func(*jetstream.StreamConfig){
		"sealed":        func(c *jetstream.StreamConfig) { c.Sealed = true },
		"mirror_direct": func(c *jetstream.StreamConfig) { c.MirrorDirect = true },
	} {
		sc := streamConfig(cfg)
		change(&sc)
		err := checkStream(&jetstream.StreamInfo{Config: sc}, cfg)
		wrong, ok := errors.AsType[*StreamConfigError](err)
		require.True(t, ok, field)
		require.Len(t, wrong.Fields, 1)
		require.Equal(t, field, wrong.Fields[0].Field)
	}
}
