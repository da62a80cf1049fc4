package snapshottest_test

import (
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/snapshottest"
)

// uuid is an id as most UUID packages have it.
type uuid [16]byte

func (u uuid) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(u[:])), nil }

func TestSnapshotsOfOtherTypes(t *testing.T) {
	snapshottest.Run(t, snapshottest.Harness[uuid, string]{
		Open: func(_ *testing.T, policy core.SnapshotPolicy) core.SnapshotStore[uuid, string] {
			return memory.NewSnapshots[uuid, string](policy)
		},
		ID:       func(i int) uuid { return uuid{15: byte(i)} },
		Position: func(i int) string { return fmt.Sprintf("%08d", i) },
	})
}

// A snapshot store's own tests run the suite like this.
func ExampleRun() {
	_ = func(t *testing.T) { // func TestSnapshots(t *testing.T)
		snapshottest.Run(t, snapshottest.Harness[string, uint64]{
			Open: func(_ *testing.T, policy core.SnapshotPolicy) core.SnapshotStore[string, uint64] {
				return memory.NewSnapshots[string, uint64](policy)
			},
			ID:       func(i int) string { return fmt.Sprint("account-", i) },
			Position: func(i int) uint64 { return uint64(i) },
			TextID:   func(text string) string { return text },
		})
	}
}
