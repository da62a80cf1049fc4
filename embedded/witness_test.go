package embedded_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/embedded"
)

func witnessOf(cfg embedded.Config) string { return filepath.Join(cfg.Dir, "witness.json") }

func TestALostEndIsAnErrorOfStart(t *testing.T) {
	full := noteStore(t, 20)
	for name, c := range map[string]struct {
		lose   func(dir string) error
		reason error
	}{
		"the last block": {func(dir string) error { return os.Remove(inStream(dir, "msgs", "1.blk")) }, embedded.ErrEndLost},
		"half of it":     {func(dir string) error { return cutInHalf(inStream(dir, "msgs", "1.blk")) }, embedded.ErrEndLost},
		"the stream":     {func(dir string) error { return os.RemoveAll(inStream(dir)) }, embedded.ErrLogGone},
		"all streams":    {func(dir string) error { return os.RemoveAll(filepath.Join(dir, "jetstream")) }, embedded.ErrLogGone},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := embedded.Config{Dir: copyDir(t, full.Dir)}
			require.NoError(t, c.lose(cfg.Dir))
			witness, err := os.ReadFile(witnessOf(cfg))
			require.NoError(t, err)
			lost := requireLost(t, cfg, c.reason)
			t.Log(lost)
			require.Equal(t, uint64(20), lost.Last)
			require.Less(t, lost.Found, uint64(20))
			requireLost(t, cfg, c.reason) // and again

			after, err := os.ReadFile(witnessOf(cfg))
			require.NoError(t, err)
			require.Equal(t, string(witness), string(after))
		})
	}
}

func cutInHalf(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return os.Truncate(path, info.Size()/2)
}

func TestADeletedStreamIsNoLoss(t *testing.T) {
	cfg := noteStore(t, 3)
	onStore(t, cfg, func(s *store, nc *nats.Conn) {
		js, err := natsjs.New(nc)
		require.NoError(t, err)
		require.NoError(t, js.DeleteStream(t.Context(), "EVENTS"))
	})
	requireStarts(t, cfg)
}
