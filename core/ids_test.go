package core_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

// A branch has accounts too, numbered by region.
type branchID struct {
	Region string
	Number int
}

func (id branchID) String() string { return fmt.Sprintf("%s-%d", id.Region, id.Number) }

type branch struct{ Deposits int64 }

var branches = core.DefineAggregate("branch", core.On(func(b *branch, e fundsDeposited) { b.Deposits += e.Amount }))

func branchDeposits(amount int64) core.CommandFunc[branch] {
	return func(branch) ([]core.Event, error) { return []core.Event{fundsDeposited{amount}}, nil }
}

func TestAggregatesWithIDsOfTheirOwnShareAStore(t *testing.T) {
	ctx, store := t.Context(), memory.New[string, core.NoMetadata]()
	plain := core.NewRepository(store, accounts)
	own := core.NewRepositoryWithIDs(store, branches, branchID.String)

	for i, region := range []string{"eu", "us"} {
		_, err := own.Create(ctx, branchID{region, 7}, branchDeposits(int64(i)+1))
		require.NoError(t, err)
	}
	_, err := plain.Create(ctx, "eu-7", openAccount{"ada"}) // of another kind
	require.NoError(t, err)
	v, err := own.Update(ctx, branchID{"eu", 7}, branchDeposits(10))
	require.NoError(t, err)

	state, at, err := own.Load(ctx, branchID{"eu", 7})
	require.NoError(t, err)
	require.Equal(t, branch{11}, state)
	require.Equal(t, v, at)
	_, err = own.Create(ctx, branchID{"us", 7}, branchDeposits(1))
	require.EqualError(t, err, "create branch us-7: aggregate already exists")
	_, err = own.Update(ctx, branchID{"eu", 8}, branchDeposits(1))
	require.ErrorIs(t, err, core.ErrNotFound)

	key := core.Key[string]{Kind: "branch", ID: "eu-7"}
	at, err = store.Version(ctx, key)
	require.NoError(t, err)
	require.Equal(t, v, at)
}

func TestCommandIDsAndUncheckedWorkWithIDsOfTheirOwn(t *testing.T) {
	ctx, store := t.Context(), memory.New[string, core.NoMetadata]()
	repo := core.NewRepositoryWithIDs(store, branches, branchID.String)
	id := branchID{"eu", 7}
	for range 2 {
		_, err := repo.Create(core.WithCommandID(ctx, "1"), id, branchDeposits(1))
		require.NoError(t, err)
		_, err = repo.Unchecked().Update(core.WithCommandID(ctx, "2"), id, branchDeposits(10))
		require.NoError(t, err)
		_, err = repo.Unchecked().Update(ctx, id, branchDeposits(100))
		require.NoError(t, err)
	}
	state, _, err := repo.Load(ctx, id)
	require.NoError(t, err)
	require.Equal(t, branch{211}, state)
}
