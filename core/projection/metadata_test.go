package projection_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/internal/fakes"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/projection"
)

type signed[E core.Event] = core.Recorded[E, string, uint64, fakes.Text]

// amounts is the sum of all deposits.
var amounts = projection.Define("amounts", projection.On(func(sum *int64, e signed[fundsDeposited]) { *sum += e.Event.Amount }))

// spoilMetadata records 1, then a deposit and another event whose metadata cannot be
// decoded, then 4.
func spoilMetadata(t *testing.T) *memory.Store[string, fakes.Text] {
	t.Helper()
	store := memory.New[string, fakes.Text]()
	coretest.Seed(t, store, accountKey("a"), fundsDeposited{1})
	fakes.CommitUnreadable(t, store, accountKey("a"), fundsDeposited{2})
	fakes.CommitUnreadable(t, store, accountKey("a"), accountClosed{})
	coretest.Seed(t, store, accountKey("a"), fundsDeposited{4})
	return store
}

func requireMetadataError(t *testing.T, err error) {
	t.Helper()
	require.ErrorIs(t, err, core.ErrMetadata)
	require.ErrorIs(t, err, fakes.ErrUnreadable)
	fault, ok := errors.AsType[*core.DecodeError](err)
	require.True(t, ok)
	require.Equal(t, "2 account.deposited account a", fault.Position+" "+fault.Kind+" "+fault.Key)
}

func TestProjectionIsNotGivenMetadataThatCannotBeDecoded(t *testing.T) {
	store := spoilMetadata(t)
	_, err := projection.Load(t.Context(), store, amounts)
	requireMetadataError(t, err)
	requireMetadataError(t, projection.NewLive(store, amounts).Run(t.Context()))
	sum, err := projection.LoadAt(t.Context(), store, amounts, at(1))
	require.NoError(t, err)
	require.Equal(t, int64(1), sum, "the fault is that of its event alone")
	opened := projection.Define("opened", projection.On(func(n *int, _ signed[accountOpened]) { *n++ }))
	_, err = projection.Load(t.Context(), store, opened)
	require.NoError(t, err, "a projection that does not handle the event")
}

func TestLiveSkipsMetadataThatCannotBeDecoded(t *testing.T) {
	store := spoilMetadata(t)
	var skipped []error
	live := projection.NewLive(store, amounts).WithSkip(func(_ context.Context, err *core.DecodeError) { skipped = append(skipped, err) })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- live.Run(ctx) }()
	require.NoError(t, live.CatchUp(t.Context()))
	live.View(func(sum *int64) { require.Equal(t, int64(5), *sum) })
	cancel()
	require.NoError(t, <-done)
	require.Len(t, skipped, 1)
	requireMetadataError(t, skipped[0])
}
