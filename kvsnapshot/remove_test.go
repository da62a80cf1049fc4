package kvsnapshot_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRemovedSnapshotLeavesNoMessage(t *testing.T) {
	cfg := newConfig(1)
	s := openLarge(t, cfg, 2000)
	for _, size := range []int{50_000, 100} { // in chunks, and in one message
		s.put(newLarge(1, size))
		for range 2 { // it is no error if there is none
			require.NoError(t, s.RemoveSnapshots(t.Context(), largeKey("a")))
		}
		_, ok, err := s.LoadSnapshot(t.Context(), largeKey("a"), new(large))
		require.NoError(t, err)
		require.False(t, ok)
		stream, err := streams(t, connect(t, 1)).Stream(t.Context(), "KV_"+cfg.Bucket)
		require.NoError(t, err)
		require.Zero(t, stream.CachedInfo().State.Msgs)
	}
}
