package embedded_test

import (
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/embedded"
)

func TestALossIsAcceptedByName(t *testing.T) {
	cfg := noteStore(t, 20)
	require.NoError(t, cutInHalf(inStream(cfg.Dir, "msgs", "1.blk")))
	lost := requireLost(t, cfg, embedded.ErrEndLost)

	other := cfg
	other.AcceptLoss = []string{"OTHER"}
	requireLost(t, other, embedded.ErrEndLost)

	var log strings.Builder
	accepting := cfg
	accepting.AcceptLoss = []string{"EVENTS"}
	accepting.Logger = slog.New(slog.NewTextHandler(&log, nil))
	got, err := eventsIn(t, accepting)
	require.NoError(t, err)
	require.Len(t, got.events, int(lost.Found))
	require.Contains(t, log.String(), lost.String())

	onStore(t, cfg, func(s *store, _ *nats.Conn) { commitNotes(t, s, 1) }) // once is enough
	requireStarts(t, cfg)
}

func TestAnotherLogInTheFolderIsNoticed(t *testing.T) {
	cfg := noteStore(t, 3)
	witness, err := os.ReadFile(witnessOf(cfg))
	require.NoError(t, err)
	restored := copyDir(t, cfg.Dir)
	onStore(t, cfg, func(s *store, _ *nats.Conn) { commitNotes(t, s, 5) })
	after, err := os.ReadFile(witnessOf(cfg))
	require.NoError(t, err)

	t.Run("an older copy", func(t *testing.T) {
		older := embedded.Config{Dir: copyDir(t, restored)}
		require.NoError(t, os.WriteFile(witnessOf(older), after, 0o600))
		require.Equal(t, uint64(3), requireLost(t, older, embedded.ErrEndLost).Found)
	})
	t.Run("a copy that went its own way", func(t *testing.T) {
		for _, n := range []int{5, 9} {
			own := embedded.Config{Dir: copyDir(t, restored)}
			onStore(t, own, func(s *store, _ *nats.Conn) { commitNotes(t, s, n) })
			require.NoError(t, os.WriteFile(witnessOf(own), after, 0o600))
			requireLost(t, own, embedded.ErrOtherEvent)
		}
	})
	t.Run("another store", func(t *testing.T) {
		other := noteStore(t, 3)
		require.NoError(t, os.WriteFile(witnessOf(other), witness, 0o600))
		requireLost(t, other, embedded.ErrOtherEvent) // which is found first
	})
	t.Run("the same, grown while nothing looked", func(t *testing.T) {
		require.NoError(t, os.WriteFile(witnessOf(cfg), witness, 0o600))
		requireStarts(t, cfg)
	})
}

// The control: without a witness the loss goes unnoticed, and positions are given
// again.
func TestWithoutAWitnessALostEndIsNotNoticed(t *testing.T) {
	for name, lose := range map[string]func(dir string) error{
		"the stream":     func(dir string) error { return os.RemoveAll(inStream(dir)) },
		"the last block": func(dir string) error { return os.Remove(inStream(dir, "msgs", "1.blk")) },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := embedded.WithoutWitness(noteStore(t, 20))
			crashed(t, cfg.Dir)
			require.NoError(t, lose(cfg.Dir))
			onStore(t, cfg, func(s *store, _ *nats.Conn) { commitNotes(t, s, 1) })
			got, err := eventsIn(t, cfg)
			require.NoError(t, err)
			require.Equal(t, []string{"1 text 0"}, got.events)
		})
	}
}
