package core_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
)

func TestSnapshotPolicySaysWhenOneIsDue(t *testing.T) {
	for _, c := range []struct {
		name   string
		policy core.SnapshotPolicy
		due    map[int]bool
	}{
		{"never", core.SnapshotPolicy{}, map[int]bool{0: false, 1: false, 1 << 40: false}},
		{"each event", core.SnapshotEvery(1), map[int]bool{0: false, 1: true, 2: true}},
		{"each three", core.SnapshotEvery(3), map[int]bool{0: false, 2: false, 3: true, 4: true}},
	} {
		for since, due := range c.due {
			require.Equal(t, due, c.policy.Due(since), "%s, after %d", c.name, since)
		}
	}
	for _, n := range []int{0, -1} {
		require.PanicsWithValue(t, "core: SnapshotEvery needs a positive number", func() { core.SnapshotEvery(n) })
	}
}

func TestSnapshotAnswersSayWhatTheyAre(t *testing.T) {
	require.Equal(t, "stored declined", fmt.Sprint(core.Stored, " ", core.Declined))
	cause := errors.New("no state")
	err := fmt.Errorf("offer: %w", &core.SnapshotCreateError{Err: cause})
	require.EqualError(t, err, "offer: create snapshot: no state")
	require.ErrorIs(t, err, cause)
}
