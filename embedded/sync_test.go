package embedded

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// This checks the settings that JetStream runs with, not those that it was given.
func TestEveryWriteIsSyncedUnlessConfigSaysOtherwise(t *testing.T) {
	for name, c := range map[string]struct {
		cfg    Config
		synced bool
	}{
		"synced by default":              {Config{Dir: t.TempDir()}, true},
		"lazily when asked":              {Config{Dir: t.TempDir(), LazySync: true}, false},
		"never in a temporary directory": {Config{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			srv, err := Start(c.cfg)
			require.NoError(t, err)
			require.Equal(t, c.synced, srv.ns.JetStreamConfig().SyncAlways)
			require.NoError(t, srv.Close())
		})
	}
	t.Run("each member of a cluster", func(t *testing.T) {
		c, err := StartCluster(3, Config{Dir: t.TempDir()})
		require.NoError(t, err)
		for i := range 3 {
			require.True(t, c.Server(i).ns.JetStreamConfig().SyncAlways)
		}
		require.NoError(t, c.Close())
	})
}
