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

// A store on a server that does not sync loses its last commits, and no other; what
// is left is whole commits to every reader.
func TestAStoreOnALazyServerLosesItsLastCommits(t *testing.T) {
	for _, mode := range disks {
		t.Run(mode.String(), func(t *testing.T) {
			losePowerUnderStore(t, newSingle(t, false, mode), mode, *losePowerTimes)
		})
	}
}
