package jetstream

import (
	"errors"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
)

func TestOldServersAreRefused(t *testing.T) {
	for version, ok := range map[string]bool{
		"2.11.9": false, "2.12.13": false, "2.12.14": true, "2.12.20": true, "2.13.0": false, "2.13.99": false,
		"2.14.3": false, "2.14.4": true, "2.14.10": true, "2.15.2": true, "3.0.0": true, "10.0.0": true,
		"2.14.4-RC.1": true, "v2.15.2": true, "2.15": true,
		"": false, "dev": false, "2": false, "2.x.1": false, "1.99.99": false, "2.14.": false, "2.15.2.1": false,
	} {
		err := checkServerVersion(version)
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
