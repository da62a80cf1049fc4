//go:build power

package powerfs_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAStoreOnASyncedServerLosesNoAckedCommit(t *testing.T) {
	for _, mode := range disks {
		t.Run(mode.String(), func(t *testing.T) {
			require.Zero(t, losePowerUnderStore(t, newSingle(t, true, mode), mode, *losePowerTimes).lost)
		})
	}
}

// An embedded server puts commits together in memory, which is lost with the power.
func TestAStoreOnAnEmbeddedServer(t *testing.T) {
	for _, mode := range disks {
		t.Run("synced, "+mode.String(), func(t *testing.T) {
			require.Zero(t, losePowerUnderStore(t, newEmbedded(t, true, mode), mode, *losePowerTimes).lost)
		})
		t.Run("lazy, "+mode.String(), func(t *testing.T) {
			losePowerUnderStore(t, newEmbedded(t, false, mode), mode, *losePowerTimes)
		})
	}
}

// A store on a server that does not sync loses its last commits, and no other; what
// is left is whole commits to every reader.
func TestAStoreOnALazyServerLosesItsLastCommits(t *testing.T) {
	for _, mode := range disks {
		t.Run(mode.String(), func(t *testing.T) {
			losePowerUnderStore(t, newSingle(t, false, mode), mode, *losePowerTimes)
		})
	}
}
