package core_test

import (
	"cmp"
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
			require.Equal(t, due, c.policy.Due(core.SnapshotAge{Events: since}), "%s, after %d", c.name, since)
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

func TestSnapshotSupersedesAnOlderOneOfTheSameEvents(t *testing.T) {
	stored := core.Snapshot[uint64]{Position: 5, EventID: "e5", StoreID: "store", Table: "table"}
	for name, c := range map[string]struct {
		offered core.Snapshot[uint64]
		want    bool
	}{
		"newer":                         {core.Snapshot[uint64]{Position: 6, StoreID: "store", Table: "table"}, true},
		"as new":                        {core.Snapshot[uint64]{Position: 5, StoreID: "store", Table: "table"}, false},
		"older":                         {core.Snapshot[uint64]{Position: 4, StoreID: "store", Table: "table"}, false},
		"older, of another store":       {core.Snapshot[uint64]{Position: 4, StoreID: "another", Table: "table"}, true},
		"older, of other kinds":         {core.Snapshot[uint64]{Position: 4, StoreID: "store", Table: "another"}, true},
		"older, replaces it":            {core.Snapshot[uint64]{Position: 4, StoreID: "store", Table: "table", Replaces: "e5"}, true},
		"older, replaces another event": {core.Snapshot[uint64]{Position: 4, StoreID: "store", Table: "table", Replaces: "e9"}, false},
	} {
		require.Equal(t, c.want, c.offered.Supersedes(stored, cmp.Compare), name)
	}
	stored.EventID = ""
	require.False(t, core.Snapshot[uint64]{Position: 4, StoreID: "store", Table: "table"}.Supersedes(stored, cmp.Compare), "no event is not an event")
}
