package embedded_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/embedded"
)

// How long a test waits for the witness, and how often it looks.
const (
	waitTime = time.Minute
	tick     = 10 * time.Millisecond
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
		deleteStream(t, nc, "EVENTS")
	})
	requireStarts(t, cfg)

	onStore(t, cfg, func(s *store, nc *nats.Conn) { // a new one, which is shorter
		commitNotes(t, s, 1)
		requireWitnessed(t, cfg, `"last":1,`)
	})
	got, err := eventsIn(t, cfg)
	require.NoError(t, err)
	require.Len(t, got.events, 1)
}

// requireWitnessed waits until the witness says so.
func requireWitnessed(t *testing.T, cfg embedded.Config, what string) {
	t.Helper()
	require.Eventually(t, func() bool { return witnessed(t, cfg, what) }, waitTime, tick, what)
}

// witnessed reports whether the witness says so.
func witnessed(t *testing.T, cfg embedded.Config, what string) bool {
	t.Helper()
	data, err := os.ReadFile(witnessOf(cfg))
	return err == nil && strings.Contains(string(data), what)
}

func TestARunningServerIsWitnessed(t *testing.T) {
	cfg := embedded.Config{Dir: t.TempDir()}
	onStore(t, cfg, func(s *store, nc *nats.Conn) {
		commitNotes(t, s, 7)
		requireWitnessed(t, cfg, `"store_id":"`+s.StoreID()+`","last":7,`)
		commitNotes(t, s, 2)
		requireWitnessed(t, cfg, `"last":9,`)

		// As if the process were killed now, and its folder lost.
		cfg := embedded.Config{Dir: copyDir(t, cfg.Dir)}
		require.NoError(t, os.RemoveAll(inStream(cfg.Dir)))
		requireLost(t, cfg, embedded.ErrLogGone)
	})
}

func TestAWitnessThatIsMissingOrDamagedAccusesNoLog(t *testing.T) {
	for what, damage := range harm {
		t.Run(what, func(t *testing.T) {
			cfg := noteStore(t, 3)
			data, err := os.ReadFile(witnessOf(cfg))
			require.NoError(t, err)
			require.NoError(t, damage(witnessOf(cfg), data))
			var log strings.Builder
			logged := cfg
			logged.Logger = slog.New(slog.NewTextHandler(&log, nil))
			got, err := eventsIn(t, logged)
			require.NoError(t, err)
			require.Len(t, got.events, 3)
			require.Contains(t, log.String(), "cannot be told")
			require.Contains(t, log.String(), "witness.json")
			after, err := os.ReadFile(witnessOf(cfg))
			require.NoError(t, err)
			require.Equal(t, string(data), string(after), "it is written again")
		})
	}
}
