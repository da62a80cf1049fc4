// Package coretest tests what an application builds on package core. An
// aggregate needs no store for it, only a history, a command, and what should
// come of it:
//
//	coretest.Given(t, account, AccountOpened{Owner: "ada"}).
//		When(Deposit{Amount: 100}).
//		Then(FundsDeposited{Amount: 100}).
//		When(Withdraw{Amount: 101}).
//		ThenRefused(ErrFunds)
//
// Nor does a projection, which is given events with their keys:
//
//	coretest.GivenProjection(t, balances).
//		Events(accountKey("ACC-001"), FundsDeposited{Amount: 100}).
//		ThenState(Balances{"ACC-001": 100})
//
// [Golden] keeps payloads of every kind and layout that was ever recorded in files, and
// fails when a change breaks one.
//
// For what does need a store there is [Seed], which records a history past all
// commands; [Raw], a payload of old, or an event that is not as it should be; [Interrupt], which lets
// another writer win; and [CatchUp], which runs a reactor or a live projection
// until it has processed every event in the store.
//
// Failures point at the line of the test.
package coretest
