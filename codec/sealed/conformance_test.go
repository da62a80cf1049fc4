package sealed_test

import (
	"testing"

	"github.com/jetsource/jetsource/codec/sealed"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/snapshottest"
)

// A store of snapshots that seals keeps the contract: states come back as they are, or are
// refused.
func TestSnapshotsThatAreSealedKeepTheContract(t *testing.T) {
	c := newCodec(t, new(sealed.MemoryKeys), sealed.Config{})
	snapshottest.Run(t, snapshottest.Harness[string, uint64]{
		Open: func(_ *testing.T, policy core.SnapshotPolicy) core.SnapshotStore[string, uint64] {
			return memory.NewSnapshotsWithCodec[string, uint64](policy, c)
		},
		ID:       func(i int) string { return string(rune('a' + i)) },
		Position: func(i int) uint64 { return uint64(i) },
		TextID:   func(text string) string { return text },
	})
}
