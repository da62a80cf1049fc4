package check_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/check"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// effectFindings returns how many reactions break a rule, of which each is a tenure and
// a position. They are two seconds apart.
func effectFindings(reactions ...[2]int) int {
	h := &history.History{}
	for i, r := range reactions {
		h.Reactions = append(h.Reactions, history.Reaction{Tenure: r[0], Position: uint64(r[1]), Began: time.Duration(i) * 2 * time.Second})
	}
	i := slices.IndexFunc(check.Checkers, func(c check.Checker) bool { return c.Name == "effects" })
	return check.Checkers[i].Run(h).Count
}

func TestOnlyTheLastEventsAreRepeatedByTheNextTenure(t *testing.T) {
	require.Zero(t, effectFindings([2]int{1, 4}, [2]int{1, 7}, [2]int{2, 7}, [2]int{4, 7}, [2]int{4, 9}, [2]int{5, 12}))
	require.Zero(t, effectFindings([2]int{1, 4}, [2]int{1, 7}, [2]int{2, 4}, [2]int{2, 7}))
	require.Equal(t, 1, effectFindings([2]int{1, 4}, [2]int{1, 7}, [2]int{1, 9}, [2]int{2, 4}), "it was written down long before")
	require.Equal(t, 1, effectFindings([2]int{1, 4}, [2]int{1, 4}), "no lease changed hands")
	require.Equal(t, 1, effectFindings([2]int{1, 4}, [2]int{2, 4}, [2]int{1, 7}, [2]int{2, 7}), "the first tenure is over")
	repeated, tenures := check.Repeated([]history.Reaction{{Tenure: 1, Position: 4}, {Tenure: 2, Position: 4}, {Tenure: 2, Position: 7}})
	require.Equal(t, []int{1, 2}, []int{repeated, tenures})
}

// snapshotsAway adds a fault.
func snapshotsAway(h *history.History, began, healed time.Duration) {
	h.Faults = append(h.Faults, history.Fault{Kind: history.SnapshotsAway, Began: began, Healed: healed})
}

func TestCommitsAndLoadsWhileTheSnapshotsAreAwayAreNoViolation(t *testing.T) {
	h := validHistory()
	snapshotsAway(h, 1, 4)
	require.Empty(t, violated(h))
}
