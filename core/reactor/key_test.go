package reactor

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
)

type orderID string

// What is recorded of a partition is for the aggregates that were in it: they stay there.
func TestPartitionOfAnAggregateNeverChanges(t *testing.T) {
	counts := make([]int, 16)
	for i := range 16000 {
		counts[partitionOf(core.Key[string]{Kind: "order", ID: fmt.Sprint("O-", i)}, 16)]++
	}
	for n, count := range counts {
		require.InDelta(t, 1000, count, 200, "partition %d", n)
	}
	require.Equal(t, 11, partitionOf(core.Key[string]{Kind: "order", ID: "O-1"}, 16))
	require.Equal(t, 11, partitionOf(core.Key[orderID]{Kind: "order", ID: "O-1"}, 16), "a type of its own for an id moves nothing")
	require.Equal(t, 11, partitionOf(core.Key[int]{Kind: "order", ID: 7}, 16))
}

func TestEntriesOfTwoReactorsDiffer(t *testing.T) {
	seen := make(map[string]bool)
	for _, name := range []string{"mailer", "mailer.eu", "mailer_2Eeu", "mailer-eu", "Mailer", "mäiler"} {
		require.False(t, seen[plain(name)], name)
		seen[plain(name)] = true
	}
	require.Equal(t, "mailer_2Eeu", plain("mailer.eu"))
}

func TestNameOfAReactorIsFoundInItsEntries(t *testing.T) {
	for _, name := range []string{"mailer", "a.b", "a_b", "ä/ 7", "A-1", "x_5F"} {
		got, ok := NameOf(kindPrefix + plain(name))
		require.True(t, ok, name)
		require.Equal(t, name, got)
	}
	for _, kind := range []string{"", "_reactor-", "_reactor", "_guard", "_reactor-_", "_reactor-_6", "_reactor-_6x", "_reactor-_61", "_reactor-a.b", "_reactor-_5f"} {
		_, ok := NameOf(kind)
		require.False(t, ok, kind)
	}
}
