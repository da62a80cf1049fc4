package main

import (
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
)

func TestNoMoreIsWithdrawnThanThereIs(t *testing.T) {
	coretest.Given(t, account, AccountOpened{Owner: "ada"}, FundsDeposited{Amount: 50}).
		When(Withdraw{Amount: 20}).
		Then(FundsWithdrawn{Amount: 20}).
		When(Withdraw{Amount: 31}).
		ThenRefused(ErrFunds).
		When(Withdraw{Amount: 30}).
		Then(FundsWithdrawn{Amount: 30}).
		ThenState(Account{Owner: "ada"})
}

func TestAmountsArePositive(t *testing.T) {
	opened := coretest.Given(t, account, AccountOpened{Owner: "ada"})
	for _, amount := range []int64{0, -1} {
		opened.When(Deposit{amount}).ThenRefused(ErrAmount)
		opened.When(Withdraw{amount}).ThenRefused(ErrAmount)
	}
}

func TestOnlyAnEmptyAccountIsClosed(t *testing.T) {
	coretest.Given(t, account, AccountOpened{Owner: "ada"}, FundsDeposited{Amount: 1}).
		When(Close{}).
		ThenRefused(ErrNotEmpty).
		When(Withdraw{Amount: 1}).
		Then(FundsWithdrawn{Amount: 1}).
		When(Close{}).
		Then(AccountClosed{}).
		When(Close{}).
		ThenNothing()
}

func TestClosedAccountRefuses(t *testing.T) {
	closed := coretest.Given(t, account, AccountOpened{Owner: "ada"}, AccountClosed{})
	for _, cmd := range []core.Command[Account]{Deposit{1}, Withdraw{1}} {
		closed.When(cmd).ThenRefused(ErrClosed)
	}
}
