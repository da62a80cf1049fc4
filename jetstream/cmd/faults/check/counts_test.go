package check_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/check"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

func TestAllFindingsAreCountedAndTheFirstAreInWords(t *testing.T) {
	h := validHistory()
	for range 50 {
		h.Faults = append(h.Faults, history.Fault{TimedOut: true})
	}
	f := check.Checkers[len(check.Checkers)-1].Run(h)
	require.Equal(t, 50, f.Count)
	require.Len(t, f.First, 10)
}

func TestAStaleLoadIsCountedAndIsNoViolation(t *testing.T) {
	h := validHistory()
	h.Loads = []history.Load{
		{Aggregate: "item.1", Interval: interval(3, 4)},
		{Aggregate: "item.1", Interval: interval(9, 10)},
		{Aggregate: "item.1", Interval: interval(1, 2)},
	}
	require.Empty(t, violated(h))
	count, oldest := check.StaleLoads(h)
	require.Equal(t, 2, count)
	require.EqualValues(t, 7, oldest, "the load at 9 lacks the event that was acked at 2")
}

func TestASpuriousConflictIsCountedAndIsNoViolation(t *testing.T) {
	h := validHistory()
	conflict := &h.Ops[2]
	require.Zero(t, check.SpuriousConflicts(h), "another commit on the same version is the reason")
	conflict.Parts[0].Expected = 2
	require.Zero(t, check.SpuriousConflicts(h), "an event after the expected version is the reason")
	conflict.Parts[0].Expected = 4
	require.Equal(t, 1, check.SpuriousConflicts(h), "the expected version is the last one")
	conflict.Parts[0].Expected = 99
	require.Zero(t, check.SpuriousConflicts(h), "there is no such version")
	conflict.Parts[0].Expected, conflict.Return = 3, 5
	require.Equal(t, 1, check.SpuriousConflicts(h), "the next commit was asked for later")
	require.Empty(t, violated(h))
}
