package core_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fakes"
	"github.com/jetsource/jetsource/core/memory"
)

func TestAggregateIsLoadedAndChangedWhateverItsMetadata(t *testing.T) {
	store := memory.New[string, fakes.Text]()
	plain := core.NewRepository(store, accounts).WithMetadata("clerk")
	fakes.CommitUnreadable(t, store, accountKey("a"), accountOpened{"ada"}, fundsDeposited{5})
	for name, repo := range map[string]*core.Repository[account, string, uint64, fakes.Text]{
		"plain":     plain,
		"snapshots": plain.WithSnapshots(fakes.NewSnapshots()),
		"cache":     plain.WithCache(core.Cache[account]{Size: 1, Copy: func(a account) (account, error) { return a, nil }}),
	} {
		for range 2 {
			before, _, err := repo.Load(t.Context(), "a")
			require.NoError(t, err, name)
			at, err := repo.Update(t.Context(), "a", deposit{1})
			require.NoError(t, err, name)
			state, version, err := repo.Load(t.Context(), "a")
			require.NoError(t, err, name)
			require.Equal(t, at, version)
			require.Equal(t, account{"ada", before.Balance + 1}, state)
		}
		_, err := repo.Upsert(t.Context(), "a", deposit{1})
		require.NoError(t, err, name)
		fakes.CommitUnreadable(t, store, accountKey("a"), fundsDeposited{1}) // the next one begins here
	}
}

func TestDecodeReturnsTheErrorOfMetadata(t *testing.T) {
	store := memory.New[string, fakes.Text]()
	fakes.CommitUnreadable(t, store, accountKey("a"), fundsDeposited{5})
	for stored, err := range store.LoadEvents(t.Context(), core.Filter[string, uint64]{}) {
		require.NoError(t, err)
		require.ErrorIs(t, stored.MetadataErr, fakes.ErrUnreadable)
		require.Zero(t, stored.Metadata)
		_, err = core.Decode[fundsDeposited](store, stored)
		require.ErrorAs(t, err, new(*core.DecodeError))
		require.ErrorIs(t, err, core.ErrMetadata)
		require.ErrorIs(t, err, fakes.ErrUnreadable)
		require.EqualError(t, err, "decode event at 1 (account.deposited): metadata cannot be decoded: text has another type by now")

		stored.MetadataErr = nil // it is not needed
		event, err := core.Decode[fundsDeposited](store, stored)
		require.NoError(t, err)
		require.Equal(t, fundsDeposited{5}, event)
	}
}
