package jetstream_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

// A store that is opened to be read writes nothing, not even that a commit lost its end, which
// its readers pass over all the same.
func TestReadOnlyStoreWritesNothing(t *testing.T) {
	cfg := fresh(1)
	removeAfter(t, cfg)
	nc := connect(t, 1)
	readOnly := cfg
	readOnly.ReadOnly = true
	_, err := open(t, nc, readOnly)
	require.ErrorIs(t, err, jetstream.ErrNoStore, "it creates none")
	writing, err := open(t, nc, cfg)
	require.NoError(t, err)
	_, err = core.CommitEvents(t.Context(), writing, account("a"), notes("whole", 2), core.NoMetadata{})
	require.NoError(t, err)
	require.NoError(t, writing.Close())
	forge(t, nc, cfg, "a", "F 0 0/2 2 2") // and not its end

	s, err := open(t, nc, readOnly)
	require.NoError(t, err)
	require.Len(t, load(t, s, core.Filter[string, uint64]{}), 2)
	_, err = core.CommitEvents(t.Context(), s, account("b"), notes("refused", 1), core.NoMetadata{})
	require.ErrorIs(t, err, jetstream.ErrReadOnly)
	require.ErrorIs(t, s.Strike(t.Context(), 1, "refused"), jetstream.ErrReadOnly)
	reconnects := nc.Stats().Reconnects
	require.NoError(t, nc.ForceReconnect())
	eventually(t, func() bool { return nc.IsConnected() && nc.Stats().Reconnects > reconnects }, "the connection is back")
	require.Len(t, load(t, s, core.Filter[string, uint64]{}), 2)
	require.NoError(t, s.Close())
	stream := streamOf(t, nc, cfg.Stream)
	require.Equal(t, uint64(3), stream.CachedInfo().State.LastSeq)
}
