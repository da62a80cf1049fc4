package embedded_test

import (
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

// A power cut may take what a server that syncs lazily has written for up to two
// minutes: that is what LazySync means, and no error. What was there before is.
func TestALazyServerMayLoseWhatItHasNotSynced(t *testing.T) {
	cfg := noteStore(t, 3)
	lost := copyDir(t, cfg.Dir)
	cfg.LazySync = true
	onStore(t, cfg, func(_ *store, nc *nats.Conn) {
		s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, jetstream.Config{Stream: "OTHER", Prefix: "other"})
		require.NoError(t, err)
		commitNotes(t, s, 1)
		require.NoError(t, s.Close())
	})
	onStore(t, cfg, func(s *store, nc *nats.Conn) {
		commitNotes(t, s, 4)
		deleteStream(t, nc, "OTHER")
		require.Eventually(t, func() bool { return !witnessed(t, cfg, "OTHER") }, waitTime, tick, "the witness follows")
		require.True(t, witnessed(t, cfg, `"last":3,`), "and claims nothing that is not synced")

		power := embedded.Config{Dir: copyDir(t, lost), LazySync: true} // the events as they were before
		copyFile(t, witnessOf(cfg), witnessOf(power))
		got, err := eventsIn(t, power)
		require.NoError(t, err)
		require.Len(t, got.events, 3)

		require.NoError(t, cutInHalf(inStream(power.Dir, "msgs", "1.blk")))
		requireLost(t, power, embedded.ErrEndLost)
	})
	require.True(t, witnessed(t, cfg, `"last":7,`), "Close syncs, and says so")
}

func deleteStream(t *testing.T, nc *nats.Conn, name string) {
	t.Helper()
	js, err := natsjs.New(nc, natsjs.WithDefaultTimeout(time.Minute))
	require.NoError(t, err)
	require.NoError(t, js.DeleteStream(t.Context(), name))
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Clean(to), data, 0o600))
}
