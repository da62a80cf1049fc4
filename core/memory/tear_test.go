package memory_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

// deposits returns an event for each of the amounts.
func deposits(amounts ...int) []core.Event {
	events := make([]core.Event, len(amounts))
	for i, a := range amounts {
		events[i] = Deposited{a}
	}
	return events
}

func TestPositionsOfATornCommitAreNotUsedAgain(t *testing.T) {
	store := memory.New[string, core.NoMetadata]()
	at, err := core.CommitEvents(t.Context(), store, account, deposits(1, 2), core.NoMetadata{})
	require.NoError(t, err)
	store.TearNext(2)
	_, err = core.CommitEvents(t.Context(), store, account, deposits(3, 4, 5), core.NoMetadata{})
	require.ErrorIs(t, err, core.ErrUnknownOutcome)
	require.ErrorContains(t, err, "torn by TearNext(2)")
	latest, err := store.LatestVersion(t.Context())
	require.NoError(t, err)
	require.Equal(t, core.At(at), latest)

	position, err := core.CommitEventsOptimistic(t.Context(), store, account, core.At(at), deposits(6), core.NoMetadata{})
	require.NoError(t, err)
	require.Equal(t, uint64(5), position, "positions 3 and 4 are those of the torn commit")
}

func TestOneCommitIsTornThatIsLongEnough(t *testing.T) {
	store := memory.New[string, core.NoMetadata]()
	commit := func(expected core.Version[uint64], amounts ...int) error {
		_, err := core.CommitEventsOptimistic(t.Context(), store, account, expected, deposits(amounts...), core.NoMetadata{})
		return err
	}
	store.TearNext(1)
	store.TearNext(2)
	require.NoError(t, commit(core.Version[uint64]{}, 1, 2), "it has no end to lose")
	require.ErrorIs(t, commit(core.Version[uint64]{}, 3, 4, 5), core.ErrConflict, "it would not have been recorded")
	require.ErrorIs(t, commit(core.At(uint64(2)), 3, 4, 5), core.ErrUnknownOutcome)
	require.NoError(t, commit(core.At(uint64(2)), 3, 4, 5))
}

func TestTornCommitKeepsAtLeastOneMessage(t *testing.T) {
	store := memory.New[string, core.NoMetadata]()
	for _, keep := range []int{0, -1} {
		require.Panics(t, func() { store.TearNext(keep) })
	}
	_, err := core.CommitEvents(t.Context(), store, account, deposits(1, 2), core.NoMetadata{})
	require.NoError(t, err)
}
