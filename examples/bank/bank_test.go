package main

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/memory"
)

func newBank(t *testing.T) *Bank {
	t.Helper()
	store := memory.New[string, Meta]()
	for _, id := range []string{"ada", "bob"} {
		key := core.Key[string]{Kind: account.Kind(), ID: id}
		coretest.Seed(t, store, key, AccountOpened{Owner: id}, FundsDeposited{Amount: 100})
	}
	return NewBank(store, core.NoSnapshots[string, uint64]{})
}

func (b *Bank) balances(t *testing.T) [2]int64 {
	t.Helper()
	ada, _, err := b.Load(t.Context(), "ada")
	require.NoError(t, err)
	bob, _, err := b.Load(t.Context(), "bob")
	require.NoError(t, err)
	return [2]int64{ada.Balance, bob.Balance}
}

func TestTransferChangesBothAccountsOrNone(t *testing.T) {
	b := newBank(t)
	require.NoError(t, b.Transfer(t.Context(), "ada", "bob", 60))
	require.Equal(t, [2]int64{40, 160}, b.balances(t))
	require.ErrorIs(t, b.Transfer(t.Context(), "ada", "bob", 60), ErrFunds)
	require.ErrorIs(t, b.Transfer(t.Context(), "ada", "eve", 10), core.ErrNotFound)
	require.Equal(t, [2]int64{40, 160}, b.balances(t))
}

func TestTransfersAtOnceLoseNothing(t *testing.T) {
	b := newBank(t)
	var wg sync.WaitGroup
	for _, pair := range [][2]string{{"ada", "bob"}, {"bob", "ada"}} {
		wg.Go(func() {
			for range 50 {
				if err := b.Transfer(t.Context(), pair[0], pair[1], 1); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	require.Equal(t, [2]int64{100, 100}, b.balances(t))
}

func TestWithdrawalIsDecidedAgainAfterAConflict(t *testing.T) {
	b := newBank(t)
	rival := func() {
		_, err := b.Update(t.Context(), "ada", Withdraw{Amount: 80})
		require.NoError(t, err)
	}
	_, err := b.Update(t.Context(), "ada", coretest.Interrupt(Withdraw{Amount: 80}, rival))
	require.ErrorIs(t, err, ErrFunds)
}

func TestStory(t *testing.T) {
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out))
	for _, line := range []string{
		"open      ada, by ada, at version 1\n",
		"refuse    create account ada: aggregate already exists\n",
		"          update account eve: aggregate not found\n",
		"          update account ada: insufficient funds: withdraw 101 of 100\n",
		"          the payment was sent twice and paid once: ada has 70\n",
		"rush      4 tellers deposit 1 to bob 30 times each: bob has 120\n",
		"transfer  25 from ada to bob, in one commit\n",
		"refuse    update account ada: account is closed\n",
		"{\"Amount\":100}   by teller\n",
	} {
		require.Contains(t, out.String(), line)
	}
}
